using System.CommandLine;
using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>The command <c>chat</c>: a conversation through a configured pipeline, with its cost.</summary>
internal static class ChatCommand
{
    public const string Name = "chat";

    /// <summary>Creates the command. Arguments that are null are those of the process.</summary>
    /// <param name="environment">The environment variables.</param>
    /// <param name="input">The standard input.</param>
    /// <param name="isInputPiped">True if the input is redirected.</param>
    /// <param name="interrupt">Handles Ctrl-C.</param>
    internal static Command Create(
        IReadOnlyDictionary<string, string>? environment = null, TextReader? input = null, bool? isInputPiped = null, ChatInterrupt? interrupt = null)
    {
        var config = new Option<FileInfo?>("--config", "-c")
        {
            Description = "A JSON file with a section MeaiBudget, as for AddMeaiBudget. Without it: appsettings.json in this folder, else the providers of the environment variables (OPENAI_API_KEY, ANTHROPIC_API_KEY, LITELLM_BASE_URL) and a reachable Ollama, else a simulator.",
        };
        var model = new Option<string?>("--model", "-m") { Description = "The logical model, or a provider's model id." };
        var budget = new Option<decimal?>("--budget", "-b") { Description = "The maximum cost of this chat, in US dollars." };
        budget.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal limit) || limit < 0m))
            {
                result.AddError($"--budget: '{text}' is not an amount. Use US dollars, such as 0.10.");
            }
        });
        var system = new Option<string?>("--system", "-s") { Description = "Instructions for the model." };
        var interactive = new Option<bool>("--interactive") { Description = "Read piped input line by line, as if it were typed." };
        var noHistory = new Option<bool>("--no-history") { Description = "Neither read nor store the questions of earlier chats. They are in the user's folder for state, without secrets." };
        var prompt = new Argument<string[]>("PROMPT")
        {
            Description = "Ask this once and exit; - stands for the piped input. Without a prompt, piped input is asked once, and a terminal starts a conversation.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command(
            Name,
            "Chats over a configured pipeline, and shows what it costs. Ctrl-C ends an answer; /help lists the commands. Exit code 0: answered, 1: not answered, 2: wrong configuration, 3: refused by a budget, 130: interrupted.")
        {
            config, model, budget, system, interactive, noHistory, prompt,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool isPiped = isInputPiped ?? Console.IsInputRedirected;
            var request = new ChatRequest(
                parsed.GetValue(config)?.FullName, parsed.GetValue(model), parsed.GetValue(budget), parsed.GetValue(system), parsed.GetValue(prompt) ?? [],
                IsConversation: parsed.GetValue(interactive) || (!isPiped && parsed.GetValue(prompt) is null or []));
            using ChatInterrupt? owned = interrupt is null ? ChatInterrupt.OfProcess() : null;
            IReadOnlyDictionary<string, string> variables = environment ?? ToolEnvironment.Variables();
            TextWriter output = parsed.InvocationConfiguration.Output;
            bool isTerminal = !isPiped && ToolConsole.IsTerminal(output) && variables.GetValueOrDefault("TERM") != "dumb";
            return await ChatRun.RunAsync(
                request, variables, input ?? Console.In, output, parsed.InvocationConfiguration.Error, interrupt ?? owned!, cancellationToken,
                isTerminal ? commands => Editor(parsed.GetValue(noHistory) ? null : ChatHistory.FileOf(variables), output, commands) : null);
        });
        return command;
    }

    private static ChatLineEditor Editor(string? history, TextWriter output, IReadOnlyList<string> commands) => new(
        TerminalKeys.OfProcess(), new EditorScreen(StandardStreams.Unprotected(output), () => (Console.WindowWidth, Console.WindowHeight)), new ChatHistory(history), commands);
}

/// <summary>The arguments of the command line.</summary>
internal sealed record ChatRequest(string? ConfigurationFile, string? Model, decimal? Budget, string? Instructions, string[] Prompt, bool IsConversation);
