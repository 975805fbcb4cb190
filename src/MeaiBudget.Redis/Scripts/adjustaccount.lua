-- Arguments: adjustment id, "period|account", caller, AMOUNT, 1 if it is subtracted, JSON for the audit
local id, field, by = ARGV[2], ARGV[3], ARGV[4]
local low, high = unpack(AMOUNT, ARGV[5])
local mark = 'adjust:' .. id
local cell = read(field)
local known = find(mark)
if not known and not cell[EXISTS] then return answer('unknown') end
local grantLow, grantHigh = rare().granted(field)
local before = rare().stated(cell, grantLow, grantHigh, true)
if known then
  if known.by ~= by then return answer('0 ' .. before .. before) end
  -- The caller repeats the operation because the answer was lost.
  local old = { values(cell) }
  if ARGV[6] == '1' then add(old, CHARGED, low, high) else less(old, CHARGED, low, high) end
  return answer('1 ' .. rare().stated(old, grantLow, grantHigh, true) .. before)
end
if ARGV[6] == '1' then
  local restLow, restHigh = beyond(low, high, cell[CHARGED], cell[CHARGED + 1])
  if restLow > 0 or restHigh > 0 then return answer('0 ' .. before .. before) end
  less(cell, CHARGED, low, high)
else
  add(cell, CHARGED, low, high)
end
within(cell)
-- The id is kept for 400 days, so that a repetition adjusts nothing.
local keep = whole(math.min(now + 34560000000000, 9000000000000000))
call('HSET', reservations, mark, pack(RESERVATION, 'R', keep, by, '', '0'))
call('ZADD', due, '-' .. keep, mark)
call('RPUSH', audit, nowText .. ' adjustment ' .. ARGV[7])
call('LTRIM', audit, '-10000', '-1')
local after = rare().stated(cell, grantLow, grantHigh, true)
put(field, cell, cell[FORGET])
return answer('1 ' .. before .. after)
