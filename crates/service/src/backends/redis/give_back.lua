-- Gives permits of a window back. Those that are free again first are given back first: what is left then counts no
-- shorter than it would have.
-- KEYS: 1 the window
-- ARGV: 1 how many
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local moments = {}
local window = redis.call('HGETALL', KEYS[1])
for at = 1, #window, 2 do
  if tonumber(window[at]) > now then
    moments[#moments + 1] = {window[at], tonumber(window[at + 1])}
  end
end
table.sort(moments, function(one, other) return tonumber(one[1]) < tonumber(other[1]) end)

local back = tonumber(ARGV[1])
for _, moment in ipairs(moments) do
  local given = math.min(back, moment[2])
  redis.call('HINCRBY', KEYS[1], moment[1], -given)
  back = back - given
  if back == 0 then
    break
  end
end
