-- Connections that are still there.
-- KEYS     where each is kept
-- ARGV[1]  for how long they are known to be alive, milliseconds
-- ARGV[2…] the connection of each of the KEYS
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + tonumber(ARGV[1]), ARGV[1 + i])
  redis.call('PEXPIRE', key, ARGV[1])
end
return #KEYS
