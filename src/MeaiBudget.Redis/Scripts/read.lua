-- for each account: its field, the first period that counts, whether several count
local queries, after, text = ARGV[2], 1, ''
while after <= #queries do
  local field, first, isRange
  field, first, isRange, after = unpack('<sdB', queries, after)
  text = text .. rare().stated(field, isRange == 1 and rare().range(field, first) or read(field), true)
end
return answer(text)
