const answer = document.querySelector('#answer');
const cost = document.querySelector('#cost');
let stream;

document.querySelector('#ask').addEventListener('submit', event => {
  event.preventDefault();
  stream?.close();   // leaving a stream ends the request, so no more of it is paid
  answer.textContent = cost.textContent = '';
  stream = new EventSource('stream?question=' + encodeURIComponent(document.querySelector('#question').value));
  stream.addEventListener('text', piece => { answer.textContent += piece.data; });
  stream.addEventListener('cost', piece => { cost.textContent = 'Cost: ' + piece.data; stream.close(); });
  stream.onerror = () => { cost.textContent = 'No answer: the budget is spent, or the provider failed.'; stream.close(); };
});
