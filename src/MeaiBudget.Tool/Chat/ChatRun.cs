namespace MeaiBudget.Tool;

/// <summary>Runs a chat: one question, or a conversation.</summary>
internal static class ChatRun
{
    private const int Answered = 0;
    private const int WrongConfiguration = 2;

    public static async Task<int> RunAsync(
        ChatRequest request,
        IReadOnlyDictionary<string, string> environment,
        TextReader input,
        TextWriter output,
        TextWriter error,
        ChatInterrupt interrupt,
        CancellationToken cancellationToken,
        Func<IReadOnlyList<string>, ChatLineEditor>? editor = null)
    {
        try
        {
            await using ChatPipeline pipeline = await ChatPipeline.OpenAsync(request.ConfigurationFile, environment, error, cancellationToken);
            using var session = new ChatSession(pipeline, request, interrupt);
            return request.IsConversation
                ? await ConverseAsync(session, pipeline, input, output, interrupt, editor?.Invoke(ChatCommands.Names), cancellationToken)
                : await AskOnceAsync(session, pipeline, request.Prompt, input, output, error, cancellationToken);
        }
        catch (MeaiBudgetConfigurationException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return WrongConfiguration;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException or SpendLedgerException)
        {
            await error.WriteLineAsync(SecretRedactor.Default.Redact(exception.Message));
            return WrongConfiguration;
        }
    }

    /// <summary>Asks one question. Only the answer is written to standard output, so that it can be piped; the cost is written to standard error.</summary>
    private static async Task<int> AskOnceAsync(
        ChatSession session, ChatPipeline pipeline, string[] prompt, TextReader input, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        string piped = prompt.Length == 0 || prompt.Contains("-") ? (await input.ReadToEndAsync(cancellationToken)).TrimEnd() : "";
        string text = prompt.Length == 0 ? piped : string.Join(' ', prompt.Select(word => word == "-" ? piped : word));
        if (string.IsNullOrWhiteSpace(text))
        {
            await error.WriteLineAsync("There is nothing to ask. Pass a question as arguments or by a pipe.");
            return WrongConfiguration;
        }

        await error.WriteLineAsync(pipeline.Description);
        ChatOutcome outcome = await session.AskAsync(text, new ChatView(output), cancellationToken);
        await error.WriteLineAsync(outcome.Complaint ?? await session.DescribeAsync(cancellationToken));
        return outcome.ExitCode;
    }

    private static async Task<int> ConverseAsync(
        ChatSession session, ChatPipeline pipeline, TextReader input, TextWriter output, ChatInterrupt interrupt, ChatLineEditor? editor, CancellationToken cancellationToken)
    {
        var view = new ChatView(output);
        view.Note($"{pipeline.Description} /help lists the commands.");
        interrupt.AtRest += () =>
        {
            if (editor is not null)
            {
                editor.Interrupt();
                return;
            }

            view.Note("\nType /quit to exit.");
            view.Prompt();
        };
        var commands = new ChatCommands(session, pipeline, view);
        while (true)
        {
            string? line;
            if (editor is not null)
            {
                (line, bool isInterrupted) = await editor.ReadAsync(cancellationToken);
                if (isInterrupted)
                {
                    view.Note("Type /quit or press Ctrl-D to exit.");
                    continue;
                }
            }
            else
            {
                view.Prompt();
                line = await input.ReadLineAsync(cancellationToken);
            }

            if (line is null || ChatCommands.IsQuit(line))
            {
                return Answered;
            }

            if (string.IsNullOrWhiteSpace(line) || await commands.TryRunAsync(line.Trim(), cancellationToken))
            {
                continue;
            }

            ChatOutcome outcome = await session.AskAsync(line, view, cancellationToken);
            if (outcome.Complaint is not null)
            {
                view.Complain(outcome.Complaint);
            }

            view.Note(await session.DescribeAsync(cancellationToken));
        }
    }
}
