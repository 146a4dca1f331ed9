-- Conversations, the lines in which their turns wait (places with the ends of their leases, as JSON), and their messages.
-- A conversation is there before its first message, for its line, and shown from then on.

CREATE TABLE conversation (
  id              TEXT    PRIMARY KEY,
  account         TEXT    NOT NULL REFERENCES account (id),
  realm           TEXT    NOT NULL,
  external_id     TEXT    NOT NULL,
  title           TEXT,
  is_archived     INTEGER NOT NULL,
  model           TEXT,
  system          TEXT,
  metadata        TEXT,
  next_number     INTEGER NOT NULL,
  repeatable      TEXT,
  tickets         INTEGER NOT NULL,
  line            TEXT,
  created_at      INTEGER NOT NULL,
  last_message_at INTEGER NOT NULL,
  CONSTRAINT conversation_name UNIQUE (realm, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_account ON conversation (account, is_archived, last_message_at, id) WHERE next_number > 1;
CREATE INDEX conversation_empty ON conversation (last_message_at) WHERE next_number = 1;
CREATE INDEX conversation_line ON conversation (id) WHERE line IS NOT NULL;

CREATE TABLE message (
  conversation  TEXT    NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  number        INTEGER NOT NULL,
  id            TEXT    NOT NULL,
  role          TEXT    NOT NULL CONSTRAINT message_role CHECK (role IN ('user', 'assistant')),
  content       TEXT    NOT NULL,
  call          TEXT    NOT NULL,
  model         TEXT,
  input_tokens  INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  credits       INTEGER NOT NULL CONSTRAINT message_credits_not_negative CHECK (credits >= 0),
  is_partial    INTEGER NOT NULL,
  finish_reason TEXT    CONSTRAINT message_finish_reason CHECK (finish_reason IN ('stop', 'length', 'content_filter')),
  is_refused    INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (conversation, number)
) STRICT, WITHOUT ROWID;
