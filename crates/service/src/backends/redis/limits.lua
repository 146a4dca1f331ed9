-- Takes permits of a window: a hash of the moments until which permits count, and how many do.
-- KEYS: 1 the window
-- ARGV: 1 how many permits a span has, 2 its milliseconds, 3 the least that are wanted, 4 the most, 5 within how many
--       milliseconds they are used
-- Returns how many were taken and how many are left, or 0 and after how many milliseconds the least are free.
local count, per, least, most, within =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Moments are rounded up to a step, so that a window holds few of them; and one is added, since the moment now was
-- rounded down.
local step = math.max(1, math.floor(per / 100))
local last = math.ceil((now + 1 + within + per) / step) * step

local used, moments, over, ahead = 0, {}, {}, 0
local window = redis.call('HGETALL', KEYS[1])
for at = 1, #window, 2 do
  local moment, permits = tonumber(window[at]), tonumber(window[at + 1])
  if moment <= now then
    over[#over + 1] = window[at]
  elseif moment > last + per then
    -- A clock that was set back would keep them for ever.
    over[#over + 1] = window[at]
    ahead = ahead + permits
  else
    used = used + permits
    moments[#moments + 1] = {moment, permits}
  end
end
if #over > 0 then
  redis.call('HDEL', KEYS[1], unpack(over))
end

local function count_until_last(permits)
  redis.call('HINCRBY', KEYS[1], string.format('%.0f', last), permits)
  -- What was taken for a longer time still counts.
  if redis.call('PTTL', KEYS[1]) < last - now then
    redis.call('PEXPIRE', KEYS[1], last - now)
  end
end

if ahead > 0 then
  count_until_last(ahead)
  used = used + ahead
  moments[#moments + 1] = {last, ahead}
end

local free = count - used
if free >= least then
  local granted = math.min(most, free)
  count_until_last(granted)
  return {granted, free - granted}
end

table.sort(moments, function(one, other) return one[1] < other[1] end)
for _, moment in ipairs(moments) do
  free = free + moment[2]
  if free >= least then
    return {0, moment[1] - now}
  end
end
return {0, last - now}
