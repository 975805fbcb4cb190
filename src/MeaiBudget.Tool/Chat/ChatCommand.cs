using System.Collections;
using System.CommandLine;
using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>The verb <c>chat</c>: a conversation over a configured pipeline, with its cost beside it.</summary>
internal static class ChatCommand
{
    public const string Name = "chat";

    /// <summary>Makes the verb.</summary>
    /// <param name="environment">The environment's variables; the process's own by default.</param>
    /// <param name="input">Where a person types, or what is piped; the process's standard input by default.</param>
    /// <param name="isInputPiped">Whether the input is another program's.</param>
    /// <param name="interrupt">What Ctrl-C does.</param>
    internal static Command Create(
        IReadOnlyDictionary<string, string>? environment = null, TextReader? input = null, bool? isInputPiped = null, ChatInterrupt? interrupt = null)
    {
        var config = new Option<FileInfo?>("--config", "-c")
        {
            Description = "A JSON file with a section MeaiBudget, as for AddMeaiBudget. Without it: appsettings.json in this folder, else the providers that the environment names (OPENAI_API_KEY, ANTHROPIC_API_KEY, LITELLM_BASE_URL) and a reachable Ollama, else a simulator.",
        };
        var model = new Option<string?>("--model", "-m") { Description = "The logical model, or a provider's model id." };
        var budget = new Option<decimal?>("--budget", "-b") { Description = "What this chat may cost at most, in US dollars." };
        budget.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal limit) || limit < 0m))
            {
                result.AddError($"--budget takes US dollars, such as 0.10, and not '{text}'.");
            }
        });
        var system = new Option<string?>("--system", "-s") { Description = "Instructions for the model." };
        var interactive = new Option<bool>("--interactive") { Description = "Take piped input line by line, as if it were typed." };
        var prompt = new Argument<string[]>("PROMPT")
        {
            Description = "Ask this once and leave; - stands for what is piped. Without it a piped input is asked once, and a person gets a conversation.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command(
            Name,
            "Chats over a configured pipeline, and shows what it costs. Ctrl-C ends an answer; /help lists the commands. Exit code 0: answered, 1: not answered, 2: wrong configuration, 3: refused by a budget, 130: interrupted.")
        {
            config, model, budget, system, interactive, prompt,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool isPiped = isInputPiped ?? Console.IsInputRedirected;
            var request = new ChatRequest(
                parsed.GetValue(config)?.FullName, parsed.GetValue(model), parsed.GetValue(budget), parsed.GetValue(system), parsed.GetValue(prompt) ?? [],
                IsConversation: parsed.GetValue(interactive) || (!isPiped && parsed.GetValue(prompt) is null or []));
            using var owned = interrupt is null ? ChatInterrupt.OfProcess() : null;
            return await ChatRun.RunAsync(
                request, environment ?? Variables(), input ?? Console.In, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error,
                interrupt ?? owned!, cancellationToken);
        });
        return command;
    }

    private static Dictionary<string, string> Variables() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.OrdinalIgnoreCase);
}

/// <summary>What the command line asks of a chat.</summary>
internal sealed record ChatRequest(string? ConfigurationFile, string? Model, decimal? Budget, string? Instructions, string[] Prompt, bool IsConversation);
