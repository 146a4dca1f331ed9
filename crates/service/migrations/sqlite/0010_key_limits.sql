-- What a key may be used for besides its scopes, and the secret that it had before.
ALTER TABLE api_key ADD COLUMN models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE api_key ADD COLUMN requests_per_minute INTEGER;
ALTER TABLE api_key ADD COLUMN tokens_per_minute INTEGER;
ALTER TABLE api_key ADD COLUMN concurrency INTEGER;
ALTER TABLE api_key ADD COLUMN previous_hash BLOB;
ALTER TABLE api_key ADD COLUMN previous_until INTEGER;
CREATE UNIQUE INDEX api_key_previous_hash ON api_key (previous_hash) WHERE previous_hash IS NOT NULL;
