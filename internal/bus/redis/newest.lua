-- Tells where a topic ends: {id, number} of its newest entry.
-- KEYS[1]  the stream
-- A topic without any entry gets one without a body. From then on whoever asked
-- can tell a message that is next from one that follows a loss.
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest then
  return {newest[1], newest[2][2]}
end
local t = redis.call('TIME')
local n = string.format('%.0f', tonumber(t[1]) * 1000000 + tonumber(t[2]))
return {redis.call('XADD', KEYS[1], '*', 'n', n), n}
