-- Appends one message to a topic.
-- KEYS[1]  the stream
-- ARGV[1]  how many messages to keep, about
-- ARGV[2]  the body
-- Entries are {n: number, b: body}; numbers follow each other without holes and
-- start at the time of day in microseconds.
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local n
if newest then
  n = tonumber(newest[2][2]) + 1
else
  local t = redis.call('TIME')
  n = tonumber(t[1]) * 1000000 + tonumber(t[2])
end
return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'n', string.format('%.0f', n), 'b', ARGV[2])
