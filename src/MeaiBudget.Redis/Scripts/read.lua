-- Arguments: for each account its field, the first counted period, and 1 if several periods count
local queries, after, text = ARGV[2], 1, ''
while after <= #queries do
  local field, first, isRange
  field, first, isRange, after = unpack('<sdB', queries, after)
  local sum = isRange == 1 and rare().range(field, first) or read(field)
  local grantLow, grantHigh = rare().granted(field)
  text = text .. rare().stated(sum, grantLow, grantHigh, true)
end
return answer(text)
