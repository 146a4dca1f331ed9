-- Conversations, the lines in which their turns wait (places with the ends of their leases, as JSON), and their messages.
-- A conversation is there before its first message, for its line, and shown from then on.

CREATE TABLE conversation (
  id              TEXT COLLATE "C" PRIMARY KEY,
  account         TEXT COLLATE "C" NOT NULL REFERENCES account (id),
  realm           TEXT NOT NULL,
  external_id     TEXT NOT NULL,
  title           TEXT,
  is_archived     BIGINT NOT NULL,
  model           TEXT,
  system          TEXT,
  metadata        TEXT,
  next_number     BIGINT NOT NULL,
  repeatable      TEXT COLLATE "C",
  tickets         BIGINT NOT NULL,
  line            TEXT,
  created_at      BIGINT NOT NULL,
  last_message_at BIGINT NOT NULL,
  CONSTRAINT conversation_name UNIQUE (realm, external_id)
) WITH (fillfactor = 70);
CREATE INDEX conversation_account ON conversation (account, is_archived, last_message_at, id) WHERE next_number > 1;
CREATE INDEX conversation_empty ON conversation (last_message_at) WHERE next_number = 1;
CREATE INDEX conversation_line ON conversation (id) WHERE line IS NOT NULL;

CREATE TABLE message (
  conversation  TEXT COLLATE "C" NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  number        BIGINT NOT NULL,
  id            TEXT COLLATE "C" NOT NULL,
  role          TEXT NOT NULL CONSTRAINT message_role CHECK (role IN ('user', 'assistant')),
  content       TEXT NOT NULL,
  call          TEXT COLLATE "C" NOT NULL,
  model         TEXT,
  input_tokens  BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  credits       BIGINT NOT NULL CONSTRAINT message_credits_not_negative CHECK (credits >= 0),
  is_partial    BIGINT NOT NULL,
  finish_reason TEXT    CONSTRAINT message_finish_reason CHECK (finish_reason IN ('stop', 'length', 'content_filter')),
  is_refused    BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  PRIMARY KEY (conversation, number)
);
