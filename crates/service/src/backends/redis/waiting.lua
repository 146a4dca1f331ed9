-- ARGV: 1 the group
-- Returns how many jobs wait, and for how many milliseconds the oldest has whose moment has come.
local depth, oldest, now = redis.call('ZCARD', KEYS[1]), nil, millis()
for line = 1, 3 do
  local stream = KEYS[3 + line]
  depth = depth + redis.call('XLEN', stream)
  local after = '-'
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for _, group in ipairs(groups) do
    local about = {}
    for at = 1, #group, 2 do
      about[group[at]] = group[at + 1]
    end
    if about.name == ARGV[1] then
      depth = depth - about.pending
      after = '(' .. about['last-delivered-id']
    end
  end
  local first = redis.call('XRANGE', stream, after, '+', 'COUNT', 1)[1]
  if first then
    local since = tonumber(string.match(first[1], '^%d+'))
    oldest = oldest and math.min(oldest, since) or since
  end
end
return {depth, oldest and math.max(0, now - oldest) or 0}
