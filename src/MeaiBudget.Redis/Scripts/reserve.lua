-- id, who asks (instance.sequence), lease, whether states are wanted, until when to keep it, its LINEs
-- A line's mode is 0 to enforce, 1 to record, 2 for shadow.
local id, by, wantsStates, lines = ARGV[2], ARGV[3], ARGV[5] == '1', ARGV[7]
local known = find(id)
if known and known.state == 'R' then
  -- A question that was under way when its caller gave it back must not be taken when it arrives.
  local instance, sequence = string.match(by, '^(.*)%.(%d+)$')
  local otherInstance, otherSequence = string.match(known.by, '^(.*)%.(%d+)$')
  if instance == otherInstance and tonumber(sequence) < tonumber(otherSequence) then return answer('stale') end
  known = nil
end

local asked, letters, admitted = {}, '', true
local after = 1
while after <= #lines and not known do
  local field, low, high, limitLow, limitHigh, forgetAfter, first, mode, isLimited, isRange
  field, low, high, limitLow, limitHigh, forgetAfter, first, mode, isLimited, isRange, after = unpack(LINE, lines, after)
  local cell = read(field)
  local sum = isRange == 1 and rare().range(field, first) or cell
  local letter = '1'
  if isLimited == 1 then
    -- How far the sum lies beyond the limit. Both halves are exact; their total may be rounded, but never to the other side of zero. The
    -- .0 is for Garnet, whose Lua has integers, which would overflow.
    local overLow, overHigh = sum[CHARGED] + sum[HELD] + low - limitLow, sum[CHARGED + 1] + sum[HELD + 1] + high - limitHigh
    if overHigh * 4294967296.0 + overLow > 0 then
      local grantLow, grantHigh = rare().granted(field)
      if (overHigh - grantHigh) * 4294967296.0 + (overLow - grantLow) > 0 then
        letter = mode == 2 and '0' or '2'
        if mode == 0 then admitted = false end
      end
    end
  end
  cell[OPEN] = cell[OPEN] + 1
  if letter ~= '0' then
    add(cell, HELD, low, high)
    if sum ~= cell then add(sum, HELD, low, high) end
  end
  letters = letters .. letter
  asked[#letters] = { field = field, cell = cell, sum = sum, forgetAfter = forgetAfter }
end

local isNew = admitted and not known
if isNew then
  for i = 1, #letters do put(asked[i].field, asked[i].cell, asked[i].forgetAfter) end
  call('HSET', reservations, id, pack(RESERVATION, 'O', ARGV[6], '', '', letters) .. lines)
  call('ZADD', due, whole(now + ARGV[4]), id)
end
if admitted and not wantsStates then return answer('1') end

if known then letters = known.letters end
local text, i = admitted and '1 ' or '0 ', 0
after = 1
while after <= #lines do
  local field, first, isRange
  field, _, _, _, _, _, first, _, _, isRange, after = unpack(LINE, lines, after)
  i = i + 1
  -- Where nothing was taken, asked has in it what was asked for nevertheless.
  local sum = isNew and asked[i].sum or isRange == 1 and rare().range(field, first) or read(field)
  local grantLow, grantHigh = rare().granted(field)
  text = text .. rare().stated(sum, grantLow, grantHigh, string.sub(letters, i, i) == '1')
end
return answer(text)
