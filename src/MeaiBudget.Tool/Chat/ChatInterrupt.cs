using System.Runtime.InteropServices;

namespace MeaiBudget.Tool;

/// <summary>Handles Ctrl-C in a chat: it stops the current answer but not the program. Thread-safe.</summary>
internal sealed class ChatInterrupt : IDisposable
{
    private readonly Lock _lock = new();
    private PosixSignalRegistration? _registration;
    private CancellationTokenSource? _answer;

    /// <summary>Raised if there is no answer to stop.</summary>
    public event Action? AtRest;

    /// <summary>Creates an instance that handles the Ctrl-C of the process.</summary>
    public static ChatInterrupt OfProcess()
    {
        var interrupt = new ChatInterrupt();
        interrupt._registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            interrupt.Raise();
        });
        return interrupt;
    }

    /// <summary>Stops the current answer, if there is one.</summary>
    public void Raise()
    {
        lock (_lock)
        {
            if (_answer is not null)
            {
                _answer.Cancel();
                return;
            }
        }

        AtRest?.Invoke();
    }

    /// <summary>Begins an answer. Dispose the returned object when the answer has ended.</summary>
    public Answer Begin(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _answer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            return new Answer(this, _answer);
        }
    }

    public void Dispose() => _registration?.Dispose();

    /// <summary>An answer that can be stopped.</summary>
    internal readonly struct Answer(ChatInterrupt owner, CancellationTokenSource source) : IDisposable
    {
        public CancellationToken Token => source.Token;

        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._answer = null;
            }

            source.Dispose();
        }
    }
}
