-- What the answer of a call is, where what was asked doesn't say.
ALTER TABLE call_answer ADD COLUMN media_type TEXT;
