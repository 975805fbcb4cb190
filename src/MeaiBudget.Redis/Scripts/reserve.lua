-- Arguments: id, caller (instance.sequence), lease, 1 if states are wanted, keepUntil, LINEs, the version of the settings or ''
-- The mode of a line is 0 to enforce, 1 to record, 2 for shadow.
local id, by, wantsStates, lines = ARGV[2], ARGV[3], ARGV[5] == '1', ARGV[7]
if ARGV[8] ~= '' and (call('HGET', settings, '') or '0') ~= ARGV[8] then return answer('settings') end
local known = find(id)
if known and known.state == 'R' then
  -- A reservation that arrives after its release by the same caller must not be applied.
  local instance, sequence = string.match(by, '^(.*)%.(%d+)$')
  local otherInstance, otherSequence = string.match(known.by, '^(.*)%.(%d+)$')
  if instance == otherInstance and tonumber(sequence) < tonumber(otherSequence) then return answer('stale') end
  known = nil
end

local asked, letters, admitted, takesShadows = {}, '', true, true
local after = 1
while after <= #lines and not known do
  local field, low, high, limitLow, limitHigh, forgetAfter, first, mode, isLimited, isRange
  field, low, high, limitLow, limitHigh, forgetAfter, first, mode, isLimited, isRange, after = unpack(LINE, lines, after)
  local cell = read(field)
  local sum = isRange == 1 and rare().range(field, first) or cell
  local letter = '1'
  if isLimited == 1 then
    -- The amount by which the sum exceeds the limit. Both halves are exact. Their total may be rounded, but its sign is right. The factor
    -- has .0 because Garnet's Lua has integers, which would overflow.
    local overLow, overHigh = sum[CHARGED] + sum[HELD] + low - limitLow, sum[CHARGED + 1] + sum[HELD + 1] + high - limitHigh
    if overHigh * 4294967296.0 + overLow > 0 then
      local grantLow, grantHigh = rare().granted(field)
      if (overHigh - grantHigh) * 4294967296.0 + (overLow - grantLow) > 0 then
        letter = mode == 2 and '0' or '2'
        if mode == 0 then admitted = false elseif mode == 2 then takesShadows = false end
      end
    end
  end
  letters = letters .. letter
  asked[#letters] = { field = field, cell = cell, sum = sum, forgetAfter = forgetAfter, low = low, high = high, isShadow = mode == 2 }
end

local isNew = admitted and not known
local fits = letters
if isNew then
  for i = 1, #letters do
    local one = asked[i]
    one.cell[OPEN] = one.cell[OPEN] + 1
    if one.isShadow and not takesShadows then
      letters = string.sub(letters, 1, i - 1) .. '0' .. string.sub(letters, i + 1)
    else
      add(one.cell, HELD, one.low, one.high)
      if one.sum ~= one.cell then add(one.sum, HELD, one.low, one.high) end
    end
    put(one.field, one.cell, one.forgetAfter)
  end
  call('HSET', reservations, id, pack(RESERVATION, 'O', ARGV[6], '', '', letters) .. lines)
  call('ZADD', due, whole(now + ARGV[4]), id)
end
if admitted and not wantsStates then return answer('1') end

if known then fits = known.letters end
local text, i = admitted and '1 ' or '0 ', 0
after = 1
while after <= #lines do
  local field, first, isRange
  field, _, _, _, _, _, first, _, _, isRange, after = unpack(LINE, lines, after)
  i = i + 1
  -- asked[i].sum includes the requested amount even if nothing was applied, so it is used only for a new reservation.
  local sum = isNew and asked[i].sum or isRange == 1 and rare().range(field, first) or read(field)
  local grantLow, grantHigh = rare().granted(field)
  text = text .. rare().stated(sum, grantLow, grantHigh, string.sub(fits, i, i) == '1')
end
return answer(text)
