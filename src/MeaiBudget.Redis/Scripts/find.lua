-- id
local known = find(take())
if not known or known.state == 'R' then return answer('unknown') end
local texts = { known.state == 'O' and '1' or '0' }
for _, line in ipairs(known.lines) do
  texts[#texts + 1] = line.account
  texts[#texts + 1] = not line.taken and '0' or known.state == 'O' and line.reserved or line.charged
end
return answer(table.concat(texts, ' '))
