using System.Runtime.InteropServices;

namespace MeaiBudget.Tool;

/// <summary>What Ctrl-C does in a chat: it ends the answer that is being written, and never the program. Thread-safe.</summary>
internal sealed class ChatInterrupt : IDisposable
{
    private readonly Lock _lock = new();
    private PosixSignalRegistration? _registration;
    private CancellationTokenSource? _answer;

    /// <summary>Raised when there is no answer to end.</summary>
    public event Action? AtRest;

    /// <summary>Makes one that the process's own Ctrl-C raises.</summary>
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

    /// <summary>Ends the answer, if there is one.</summary>
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

    /// <summary>Begins an answer; dispose what is returned when it has ended.</summary>
    public Answer Begin(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _answer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            return new Answer(this, _answer);
        }
    }

    public void Dispose() => _registration?.Dispose();

    /// <summary>An answer that can be ended.</summary>
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
