-- What a key may spend in all.

CREATE TABLE key_budget (
  key     TEXT    PRIMARY KEY REFERENCES api_key (id),
  budget  INTEGER NOT NULL CONSTRAINT key_budget_not_negative CHECK (budget >= 0),
  held    INTEGER NOT NULL DEFAULT 0 CONSTRAINT key_budget_held_not_negative CHECK (held >= 0),
  charged INTEGER NOT NULL DEFAULT 0 CONSTRAINT key_budget_charged_not_negative CHECK (charged >= 0),
  CONSTRAINT key_budget_not_exceeded CHECK (held + charged <= budget)
) STRICT, WITHOUT ROWID;
