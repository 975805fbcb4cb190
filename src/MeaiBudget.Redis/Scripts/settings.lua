-- No arguments. Returns the names and values
local all, text = call('HGETALL', settings), {}
for i = 1, #all do text[i] = pack('<s', all[i]) end
return answer(table.concat(text))
