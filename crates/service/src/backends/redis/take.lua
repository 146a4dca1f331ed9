-- ARGV: 1 the group, 2 the consumer, 3 how many jobs at most, 4 to 6 how many of them from each line first,
--       7 after how many milliseconds a message of another consumer is stale; 0 leaves all of them
-- Returns the last ring of the bell, the milliseconds until the next moment (-1: none), and the jobs as
-- {line, message, job}.
local group, consumer, most, stale, now = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[7]), millis()
local taken = {}

-- An idle consumer with nothing of its own is forgotten after an hour.
local CONSUMER_KEPT_MS = 3600000
-- How many jobs whose moment has come are lined up at a time.
local PROMOTE_MAX = 1000

local function keep(line, messages)
  for _, message in ipairs(messages) do
    local job = message[2][2]
    redis.call('ZREM', KEYS[2], job)
    taken[#taken + 1] = {line, message[1], job}
  end
end

-- A stream that isn't there, or was flushed, gets its group again.
local function with_group(line, ...)
  local answer = redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    if not string.find(answer.err, 'NOGROUP', 1, true) then
      error(answer.err)
    end
    redis.call('XGROUP', 'CREATE', KEYS[3 + line], group, '0', 'MKSTREAM')
    answer = redis.call(...)
  end
  return answer
end

local function read(line, count)
  count = math.min(count, most - #taken)
  if count <= 0 then
    return
  end
  local answer = with_group(line, 'XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', KEYS[3 + line], '>')
  if answer then
    keep(line, answer[1][2])
  end
end

local function claim_stale(line)
  if most - #taken <= 0 then
    return
  end
  local stream = KEYS[3 + line]
  local answer = with_group(line, 'XAUTOCLAIM', stream, group, consumer, stale, '0-0', 'COUNT', most - #taken)
  keep(line, answer[2])
  for _, other in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
    local about = {}
    for at = 1, #other, 2 do
      about[other[at]] = other[at + 1]
    end
    if about.pending == 0 and about.idle > CONSUMER_KEPT_MS then
      redis.call('XGROUP', 'DELCONSUMER', stream, group, about.name)
    end
  end
end

local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, PROMOTE_MAX)
if #due > 0 then
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #due - 1)
  for _, member in ipairs(due) do
    line_up(tonumber(string.sub(member, 1, 1)), string.sub(member, 2), now)
  end
end

if stale > 0 then
  for line = 1, 3 do
    claim_stale(line)
  end
end
for line = 1, 3 do
  read(line, tonumber(ARGV[3 + line]))
end
for line = 1, 3 do
  read(line, most)
end

local rung = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return {rung[1] and rung[1][1] or '0-0', first and math.max(0, tonumber(first) - now) or -1, taken}
