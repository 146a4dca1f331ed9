-- ARGV: 1 the job, 2 its line, 3 how many milliseconds until its moment
local job, line, wait, now = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), millis()
local is_news
if wait > 0 then
  -- The latest word on a job's moment counts.
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
  redis.call('ZADD', KEYS[1], now + wait, line .. job)
  is_news = not first or now + wait < tonumber(first)
else
  redis.call('ZREM', KEYS[1], line .. job)
  is_news = line_up(line, job, now)
end
if is_news then
  redis.call('XADD', KEYS[3], 'MAXLEN', 1, '*', 'rung', '')
end
return is_news and 1 or 0
