-- Arguments: grant id, account, caller, AMOUNT, expiresAt, JSON for the audit
local id, field, by, expires = ARGV[2], 'g|' .. ARGV[3], ARGV[4], tonumber(ARGV[6])
local low, high = unpack(AMOUNT, ARGV[5])
local mark = 'grant:' .. id
local known = find(mark)
if known then return answer(known.by == by and '1' or '0') end
local text, kept, latest, after = call('HGET', accounts, field) or '', '', expires, 1
while after <= #text do
  local other, otherLow, otherHigh, otherExpires, otherBy
  other, otherLow, otherHigh, otherExpires, otherBy, after = unpack(GRANT, text, after)
  if other == id then return answer(otherBy == by and '1' or '0') end
  if otherExpires > now then
    kept = kept .. pack(GRANT, other, otherLow, otherHigh, otherExpires, otherBy)
    latest = math.max(latest, otherExpires)
  end
end
call('HSET', accounts, field, kept .. pack(GRANT, id, low, high, expires, by))
call('ZADD', due, '-' .. whole(latest), field)
-- The id is kept for 400 days after the end, so that a repetition grants nothing.
local keep = whole(math.min(math.max(expires, now) + 34560000000000, 9000000000000000))
call('HSET', reservations, mark, pack(RESERVATION, 'R', keep, by, '', '0'))
call('ZADD', due, '-' .. keep, mark)
call('RPUSH', audit, nowText .. ' grant ' .. ARGV[7])
call('LTRIM', audit, '-10000', '-1')
return answer('1')
