using System.Text;

namespace MeaiBudget.Tool;

/// <summary>A key, or a text that was pasted as a whole.</summary>
/// <param name="Key">The key.</param>
/// <param name="Pasted">The pasted text; null for a key.</param>
internal readonly record struct TerminalKey(ConsoleKeyInfo Key, string? Pasted = null);

/// <summary>Reads keys, and recognizes what a terminal marks as pasted (bracketed paste), so that a line break in it does not send the question.</summary>
/// <param name="isAvailable">True if a key can be read without waiting.</param>
/// <param name="read">Reads a key.</param>
internal sealed class TerminalKeys(Func<bool> isAvailable, Func<ConsoleKeyInfo> read)
{
    /// <summary>Asks the terminal to mark what is pasted.</summary>
    public const string BeginMarking = "\u001b[?2004h";

    /// <summary>Ends <see cref="BeginMarking"/>.</summary>
    public const string EndMarking = "\u001b[?2004l";

    private const string PasteBegins = "[200~";
    private const string PasteEnds = "[201~";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly Queue<ConsoleKeyInfo> _waiting = [];

    /// <summary>Creates an instance that reads the keys of the process.</summary>
    public static TerminalKeys OfProcess() => new(() => Console.KeyAvailable, () => Console.ReadKey(intercept: true));

    /// <summary>True if a key is waiting. Asking for it also ends the terminal's own echo of what is typed.</summary>
    public bool HasKey => _waiting.Count > 0 || isAvailable();

    /// <summary>Reads a key or a pasted text.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TerminalKey> ReadAsync(CancellationToken cancellationToken)
    {
        ConsoleKeyInfo key = await NextAsync(cancellationToken);
        if (key.Key != ConsoleKey.Escape)
        {
            return new TerminalKey(key);
        }

        if (!StartsWith(PasteBegins))
        {
            // A terminal sends Alt and a key as Escape and the key.
            return new TerminalKey(_waiting.TryDequeue(out ConsoleKeyInfo next)
                ? new ConsoleKeyInfo(next.KeyChar, next.Key, next.Modifiers.HasFlag(ConsoleModifiers.Shift), alt: true, next.Modifiers.HasFlag(ConsoleModifiers.Control))
                : key);
        }

        var pasted = new StringBuilder();
        while (true)
        {
            key = await NextAsync(cancellationToken);
            if (key.Key == ConsoleKey.Escape && StartsWith(PasteEnds))
            {
                return new TerminalKey(default, pasted.ToString());
            }

            pasted.Append(key.Key == ConsoleKey.Enter ? '\n' : key.KeyChar);
        }
    }

    private async Task<ConsoleKeyInfo> NextAsync(CancellationToken cancellationToken)
    {
        while (!HasKey)
        {
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return _waiting.Count > 0 ? _waiting.Dequeue() : read();
    }

    /// <summary>True if the keys that are available now begin with a text, which is then taken. A terminal sends a mark in one piece.</summary>
    private bool StartsWith(string text)
    {
        while (_waiting.Count < text.Length && isAvailable())
        {
            _waiting.Enqueue(read());
        }

        if (_waiting.Count < text.Length || !_waiting.Take(text.Length).Select(key => key.KeyChar).SequenceEqual(text))
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            _waiting.Dequeue();
        }

        return true;
    }
}
