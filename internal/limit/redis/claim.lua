-- One connection more, if the caps allow it.
-- KEYS     the connections of the user, of the session, of the address
-- ARGV[1]  the connection: its id, a space, its node; ids sort by their age
-- ARGV[2]  for how long it is known to be alive, milliseconds
-- ARGV[3..5]  how many each of the KEYS may hold
-- ARGV[6]  "1": the oldest of the user and of the session make room
-- Returns {"full"}, or {"ok", connections that made room…}.
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local function over(i) return redis.call('ZCARD', KEYS[i]) + 1 - tonumber(ARGV[2 + i]) end
for i = 1, 3 do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  redis.call('ZREM', KEYS[i], ARGV[1])
end
if over(3) > 0 or ARGV[6] ~= '1' and (over(1) > 0 or over(2) > 0) then
  return {'full'}
end
local answer = {'ok'}
for _, i in ipairs({2, 1}) do
  local n = over(i)
  if n > 0 then
    local all = redis.call('ZRANGE', KEYS[i], 0, -1)
    table.sort(all)
    for j = 1, math.min(n, #all) do
      answer[#answer + 1] = all[j]
      for k = 1, 3 do redis.call('ZREM', KEYS[k], all[j]) end
    end
  end
end
for i = 1, 3 do
  redis.call('ZADD', KEYS[i], now + tonumber(ARGV[2]), ARGV[1])
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return answer
