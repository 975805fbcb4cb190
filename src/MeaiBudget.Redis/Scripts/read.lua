-- accounts, then for each: account firstPeriod lastPeriod
local count, texts = tonumber(take()), {}
for i = 1, count do
  local account, first, last = take(), take(), take()
  local state = sum(account, first, last)
  texts[i] = stated(state, true)
end
return answer(table.concat(texts, ' '))
