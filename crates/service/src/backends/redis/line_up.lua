-- Lines of jobs, shared by the scripts below.
-- KEYS: 1 later, 2 lined_up, 3 bell, 4 high, 5 normal, 6 low

-- A job that was lined up this long ago may be lined up again, in case its message was lost alone.
local FORGOTTEN_MS = 600000

local function millis()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lines a job up, unless it waits in line already.
local function line_up(line, job, now)
  local since = redis.call('ZSCORE', KEYS[2], job)
  if since and now - tonumber(since) < FORGOTTEN_MS then
    return false
  end
  redis.call('ZADD', KEYS[2], now, job)
  redis.call('XADD', KEYS[3 + line], '*', 'job', job)
  return true
end
