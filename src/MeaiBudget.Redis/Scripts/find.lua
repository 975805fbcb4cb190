-- Arguments: id
local known = find(ARGV[2])
if not known or known.state == 'R' then return answer('unknown') end
local text, after = (known.state == 'O' and '1 ' or '0 ') .. #known.letters .. ' ', known.lines
for i = 1, #known.letters do
  local field, low, high
  field, low, high, _, _, _, _, _, _, _, after = unpack(LINE, known.text, after)
  if known.state ~= 'O' then
    low, high = unpack(AMOUNT, known.text, known.charged + 8 * i - 8)
  elseif string.byte(known.letters, i) == 48 then
    low, high = 0, 0
  end
  local _, account = rare().parts(field)
  text = text .. pack('<sI4I4', account, low, high)
end
return answer(text)
