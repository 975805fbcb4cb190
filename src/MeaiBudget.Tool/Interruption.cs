using System.Runtime.InteropServices;

namespace MeaiBudget.Tool;

/// <summary>
/// Ends a command on Ctrl-C, and on the signal that asks a process to end: its token is cancelled, and if the command has not ended two
/// seconds later, or at a second Ctrl-C, the process ends. The exit code is 130.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>The exit code of a program that Ctrl-C ended, as shells expect it.</summary>
    public const int ExitCode = 130;

    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;

    private Interruption(TextWriter error)
    {
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt)];

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            if (_source.IsCancellationRequested)
            {
                Environment.Exit(ExitCode);
            }

            _source.Cancel();
            error.WriteLine("Interrupted.");
            _ = Task.Delay(LongestEnd, TimeProvider.System).ContinueWith(static _ => Environment.Exit(ExitCode), TaskScheduler.Default);
        }
    }

    /// <summary>Cancelled when the process is asked to end.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Starts to watch for signals.</summary>
    /// <param name="error">Gets a word when a signal has come.</param>
    public static Interruption Watch(TextWriter error) => new(error);

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _source.Dispose();
    }
}
