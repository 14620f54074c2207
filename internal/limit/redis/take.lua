-- One request against one rule: limit.Rule.Spend inside Redis.
-- KEYS[1]  the key
-- ARGV[1]  the time that pays for one use, microseconds
-- ARGV[2]  the time that pays for all uses allowed at once, microseconds
-- Returns {1 if allowed else 0, the paid time after the request, now}.
-- All numbers are whole and below 2^53, so doubles hold them exactly.
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local paid = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
paid = math.min(math.max(paid, now), now + burst)
if paid + interval > now + burst then
  return {0, paid, now}
end
paid = paid + interval
redis.call('SET', KEYS[1], string.format('%.0f', paid), 'PX', math.ceil((paid - now) / 1000))
return {1, paid, now}
