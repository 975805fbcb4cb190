-- Adds to the sums of an hour. Keys: the hours, the hour's sums. Both are beside the ledger: nothing depends on them.
--   hours  hour -> 1
--   sums   a group and a letter -> a number, see RedisHourlySums; a group and "#" -> 1; "#" -> the number of groups;
--          "!" and an instance -> the number of its last flush, so that a repeated one adds nothing
-- Arguments: instance, number of the flush, hour, first hour that is kept, the most groups, the group for the others; then for each group
-- its text, how many numbers it has, and for each its letter and the number.
local hours, sums, call = KEYS[1], KEYS[2], redis.call
local flush, other = '!' .. ARGV[1], ARGV[6]
if tonumber(call('HGET', sums, flush) or '0') >= tonumber(ARGV[2]) then return 0 end
-- A part of the oldest sums is deleted by each flush, so that none keeps the server for long, and no right but that of hashes is needed.
if call('HSETNX', hours, ARGV[3], '1') == 1 or call('HGET', hours, 'old') then
  local old
  for _, hour in ipairs(call('HKEYS', hours)) do
    if tonumber(hour) and tonumber(hour) < tonumber(ARGV[4]) then old = hour break end
  end
  if old then
    local part = call('HSCAN', KEYS[1] .. ':' .. old, '0', 'COUNT', '1000')
    for i = 1, #part[2], 2 do call('HDEL', KEYS[1] .. ':' .. old, part[2][i]) end
    if part[1] == '0' then call('HDEL', hours, old) end
    call('HSET', hours, 'old', '1')
  else
    call('HDEL', hours, 'old')
  end
end
call('HSET', sums, flush, ARGV[2])
local groups, at = tonumber(call('HGET', sums, '#') or '0'), 7
while at < #ARGV do
  local group, numbers = ARGV[at], tonumber(ARGV[at + 1])
  if call('HEXISTS', sums, group .. '#') == 0 then
    if groups >= tonumber(ARGV[5]) then group = other end
    if call('HSETNX', sums, group .. '#', '1') == 1 then
      groups = groups + 1
      call('HSET', sums, '#', groups)
    end
  end
  for i = 1, numbers do
    -- A sum that would be too large stays as it is.
    redis.pcall('HINCRBY', sums, group .. ARGV[at + 2 * i], ARGV[at + 2 * i + 1])
  end
  at = at + 2 + 2 * numbers
end
return 1
