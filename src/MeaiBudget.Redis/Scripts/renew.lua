-- Arguments: id, lease
local id = ARGV[2]
local known = find(id)
if not known or known.state ~= 'O' then return answer('0') end
call('ZADD', due, whole(now + ARGV[3]), id)
return answer('1')
