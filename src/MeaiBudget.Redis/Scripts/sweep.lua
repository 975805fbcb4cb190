-- Arguments: how much of the due work to do
if call('ZCOUNT', due, '-' .. nowText, nowText) > 1 then rare().sweep(tonumber(ARGV[2])) end
return answer('')
