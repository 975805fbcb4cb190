namespace MeaiBudget.Tool;

/// <summary>
/// Reads questions from a terminal: cursor keys, words, history, several lines (Alt-Enter, or a backslash before Enter), pasted text as a
/// whole, and Tab for the names of commands. Not thread-safe, but for <see cref="Interrupt"/>.
/// </summary>
/// <param name="keys">The keys.</param>
/// <param name="screen">The screen.</param>
/// <param name="history">The earlier questions.</param>
/// <param name="commands">The names of commands, which Tab completes.</param>
internal sealed class ChatLineEditor(TerminalKeys keys, EditorScreen screen, ChatHistory history, IReadOnlyList<string> commands)
{
    private CancellationTokenSource? _reading;

    /// <summary>Discards the line that is being read.</summary>
    public void Interrupt()
    {
        try
        {
            Volatile.Read(ref _reading)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The line ended at the same moment.
        }
    }

    /// <summary>Reads a question.</summary>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>The text; null at the end of input (Ctrl-D), and an empty text with true after <see cref="Interrupt"/>.</returns>
    public async Task<(string? Text, bool IsInterrupted)> ReadAsync(CancellationToken cancellationToken)
    {
        var edited = new EditedText();
        history.Reset();
        screen.Write(TerminalKeys.BeginMarking);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Volatile.Write(ref _reading, reading);
        try
        {
            bool isDrawn = false;
            while (true)
            {
                // Keys that come fast are drawn together.
                if (!keys.HasKey || !isDrawn)
                {
                    screen.Draw(edited);
                    isDrawn = true;
                }

                TerminalKey key = await keys.ReadAsync(reading.Token);
                if (key.Pasted is { } pasted)
                {
                    edited.Insert(pasted);
                }
                else if (key.Key is { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } && edited.Text.Length == 0)
                {
                    screen.End(edited);
                    return (null, false);
                }
                else if (key.Key.Key == ConsoleKey.Enter && !IsNewLine(key.Key, edited))
                {
                    screen.End(edited);
                    if (!string.IsNullOrWhiteSpace(edited.Text))
                    {
                        history.Add(edited.Text);
                    }

                    return (edited.Text, false);
                }
                else
                {
                    Apply(key.Key, edited);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            screen.End(edited);
            return ("", true);
        }
        finally
        {
            Volatile.Write(ref _reading, null);
            screen.Write(TerminalKeys.EndMarking);
        }
    }

    /// <summary>True for Alt-Enter and Shift-Enter, and for Enter behind a backslash, which it replaces.</summary>
    private static bool IsNewLine(ConsoleKeyInfo key, EditedText edited)
    {
        if (key.Modifiers == 0 && edited.Cursor > 0 && edited.Text[edited.Cursor - 1] == '\\' && edited.IsOnLastLine)
        {
            edited.Backspace();
            return true;
        }

        return (key.Modifiers & (ConsoleModifiers.Alt | ConsoleModifiers.Shift)) != 0;
    }

    private void Apply(ConsoleKeyInfo key, EditedText edited)
    {
        bool isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        bool isAlt = key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                edited.Insert("\n");
                break;
            case ConsoleKey.LeftArrow when isControl || isAlt:
            case ConsoleKey.B when isAlt:
                edited.MoveWordLeft();
                break;
            case ConsoleKey.RightArrow when isControl || isAlt:
            case ConsoleKey.F when isAlt:
                edited.MoveWordRight();
                break;
            case ConsoleKey.LeftArrow:
            case ConsoleKey.B when isControl:
                edited.MoveLeft();
                break;
            case ConsoleKey.RightArrow:
            case ConsoleKey.F when isControl:
                edited.MoveRight();
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when isControl:
                edited.MoveHome();
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when isControl:
                edited.MoveEnd();
                break;
            case ConsoleKey.Backspace when isControl || isAlt:
            case ConsoleKey.W when isControl:
                edited.DeleteWordBefore();
                break;
            case ConsoleKey.Backspace:
            case ConsoleKey.H when isControl:
                edited.Backspace();
                break;
            case ConsoleKey.Delete:
            case ConsoleKey.D when isControl:
                edited.Delete();
                break;
            case ConsoleKey.U when isControl:
                edited.DeleteToLineStart();
                break;
            case ConsoleKey.K when isControl:
                edited.DeleteToLineEnd();
                break;
            case ConsoleKey.L when isControl:
                screen.Clear();
                break;
            case ConsoleKey.UpArrow when !edited.IsOnFirstLine:
                edited.MoveLine(-1);
                break;
            case ConsoleKey.DownArrow when !edited.IsOnLastLine:
                edited.MoveLine(1);
                break;
            case ConsoleKey.UpArrow:
            case ConsoleKey.P when isControl:
                Recall(edited, -1);
                break;
            case ConsoleKey.DownArrow:
            case ConsoleKey.N when isControl:
                Recall(edited, 1);
                break;
            case ConsoleKey.Tab:
                Complete(edited);
                break;
            default:
                if (!isAlt && !char.IsControl(key.KeyChar))
                {
                    edited.Insert(key.KeyChar.ToString());
                }

                break;
        }
    }

    private void Recall(EditedText edited, int step)
    {
        if (history.Move(edited.Text, step) is { } text)
        {
            edited.Set(text);
        }
    }

    /// <summary>Completes the name of a command as far as it is the only one.</summary>
    private void Complete(EditedText edited)
    {
        if (edited.Text.StartsWith('/') && edited.Cursor == edited.Text.Length)
        {
            string[] fitting = [.. commands.Where(command => command.StartsWith(edited.Text, StringComparison.Ordinal))];
            if (fitting.Length == 1)
            {
                edited.Set(fitting[0]);
            }
        }
    }
}
