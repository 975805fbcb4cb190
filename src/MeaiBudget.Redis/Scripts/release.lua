-- Arguments: id, caller
local id, by = ARGV[2], ARGV[3]
local known = find(id)
if known and known.state == 'R' and known.by == by then return answer(known.letters .. ' 0 ') end
if known and known.state ~= 'O' then return answer('0 0 ') end
local text = '0 0 '
if known then
  text = '1 ' .. #known.letters .. ' '
  local after = known.lines
  for i = 1, #known.letters do
    local field, low, high, forgetAfter
    field, low, high, _, _, forgetAfter, _, _, _, _, after = unpack(LINE, known.text, after)
    local cell = read(field)
    if cell[OPEN] > 0 then cell[OPEN] = cell[OPEN] - 1 end
    if string.byte(known.letters, i) ~= 48 then less(cell, HELD, low, high) end
    put(field, cell, forgetAfter)
    local _, account = rare().parts(field)
    text = text .. pack('<s', account)
  end
end
-- Stored for 10 minutes even if nothing was open, because the reservation may arrive later.
local keep = whole(now + 600000000)
call('HSET', reservations, id, pack(RESERVATION, 'R', keep, by, '', known and '1' or '0'))
call('ZADD', due, '-' .. keep, id)
return answer(text)
