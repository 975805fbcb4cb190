-- id instance sequence
local id, instance, sequence = take(), take(), take()
local known = find(id)
if known and known.state == 'R' and known.instance == instance and known.sequence == tonumber(sequence) then
  return answer(known.open and '1' or '0')
end
if known and known.state ~= 'O' then return answer('0') end
local isOpen = known ~= nil
if isOpen then
  for _, line in ipairs(known.lines) do
    local _, cell = sum(line.account, line.period, line.period)
    back(line, cell)
    put(line.period, line.account, cell, line.forgetAfter)
  end
  redis.call('ZREM', leases, id)
end
-- Remembered for a while even where nothing was open: the reservation may still be under way.
redis.call('HSET', reservations, id, 'R ' .. instance .. ' ' .. sequence .. (isOpen and ' 1' or ' 0'))
redis.call('ZADD', forget, whole(now + 600000000), 'r' .. id)
local text = isOpen and '1' or '0'
for _, line in ipairs(isOpen and known.lines or {}) do text = text .. ' ' .. line.account end
return answer(text)
