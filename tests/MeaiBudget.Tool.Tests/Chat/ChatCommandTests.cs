using System.CommandLine;
using MeaiBudget.Testing;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class ChatCommandTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("meaibudget").FullName;
    private ProviderSimulator _simulator = null!;
    private string _nobody = "";

    public async ValueTask InitializeAsync()
    {
        _simulator = await ProviderSimulator.StartAsync();
        _nobody = _simulator.ConnectionRefusedUrl.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _simulator.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task WithoutConfigurationKeyAndOllamaTheSimulatorAnswersAndSaysSo()
    {
        (int exitCode, string output, string error) = await RunAsync(new() { ["OLLAMA_HOST"] = _nobody }, null, "chat", "What", "is", "up?");

        Assert.Equal((0, "You said: What is up?"), (exitCode, output.Trim()));
        Assert.StartsWith("No configuration file, no key and no Ollama: a simulator on this machine answers", error, StringComparison.Ordinal);
        Assert.Contains("simulator (gpt-4.1-mini): ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelWithoutAPriceIsNotShownAsFree()
    {
        (int exitCode, _, string error) = await RunAsync(new() { ["OLLAMA_HOST"] = _nobody }, null, "chat", "--model", "nobody-knows-it", "hello");

        Assert.Equal(0, exitCode);
        Assert.Contains("simulator (nobody-knows-it): ", error, StringComparison.Ordinal);
        Assert.Contains(" out, price unknown | chat ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutConfigurationAndKeyAReachableOllamaAnswers()
    {
        _simulator.Ollama.OnlyModels("llama3.2:latest");

        (int exitCode, string output, string error) = await RunAsync(new() { ["OLLAMA_HOST"] = _simulator.OllamaBaseUrl.ToString() }, "What is up?\n", "chat");

        Assert.Equal((0, "You said: What is up?"), (exitCode, output.Trim()));
        Assert.StartsWith($"No configuration file and no key: the Ollama at {_simulator.OllamaBaseUrl} answers, with llama3.2:latest.", error, StringComparison.Ordinal);
        Assert.Contains("$0.00 | chat $0.00", error, StringComparison.Ordinal);
        Assert.Single(_simulator.Ollama.ChatRequests);
    }

    [Fact]
    public async Task AKeyInTheEnvironmentIsUsedAndNotShownAndTheLocalModelStandsIn()
    {
        _simulator.Ollama.OnlyModels("llama3.2:latest");
        _simulator.OpenAI.Default = SimulatedResponse.Error(401);
        var environment = new Dictionary<string, string>
        {
            ["OPENAI_API_KEY"] = "sk-canary",
            ["OPENAI_BASE_URL"] = _simulator.OpenAIBaseUrl.ToString(),
            ["OLLAMA_HOST"] = _simulator.OllamaBaseUrl.ToString(),
        };

        (int exitCode, string output, string error) = await RunAsync(environment, null, "chat", "hello");

        Assert.Equal((0, "You said: hello"), (exitCode, output.Trim()));
        Assert.Contains("No configuration file: openai, then ollama, from environment variables.", error, StringComparison.Ordinal);
        Assert.Contains("ollama instead (llama3.2:latest)", error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PipedTextStandsWhereTheDashIs()
    {
        (_, string output, _) = await RunAsync(new() { ["OLLAMA_HOST"] = _nobody }, "one line\n", "chat", "Summarise:", "-");

        Assert.Equal("You said: Summarise: one line", output.Trim());
    }

    [Theory]
    [InlineData("0.0001", 3, "This chat may cost $0.0001 and has cost $0.00; the next answer could cost $0.02")]
    [InlineData("1", 0, "of $1.00")]
    public async Task TheBudgetOfTheChatIsKept(string budget, int expected, string says)
    {
        (int exitCode, _, string error) = await RunAsync(new() { ["OLLAMA_HOST"] = _nobody }, null, "chat", "--budget", budget, "hello");

        Assert.Equal(expected, exitCode);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AConversationRemembersWhatWasSaidAndShowsWhatItCosts()
    {
        string file = WriteConfiguration();

        (int exitCode, string output, string error) = await RunAsync(
            [], "first\nsecond\n/cost\n/budget\n/route\n/model\n/model fast\nthird\n/clear\nfourth\n/nonsense\n/help\n/quit\nnot read\n",
            "chat", "--config", file, "--budget", "0.5", "--interactive", "--system", "Be brief.");

        Assert.Equal((0, ""), (exitCode, error));
        SimulatedRequest[] requests = [.. _simulator.OpenAI.ChatRequests];
        Assert.Equal(["gpt-4.1", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-mini"], requests.Select(request => request.Model));
        Assert.Equal([2, 4, 6, 2], requests.Select(request => request.Json.GetProperty("messages").GetArrayLength()));
        Assert.All(
            [
                $"Configuration: {file}.", "You said: first", "gpt (gpt-4.1): ", " of $0.50 | day $0.", " of $2.00", "tokens out", "this chat", "resets", "1. gpt", "answered by gpt",
                "Now: smart. Available: smart, fast.", "From now on: fast.", "A new conversation.", "There is no command /nonsense.", "/route",
            ],
            part => Assert.Contains(part, output, StringComparison.Ordinal));
        Assert.DoesNotContain("not read", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnswerThatFailsEndsNeitherTheChatNorItsMemory()
    {
        _simulator.OpenAI.Enqueue(SimulatedResponse.Error(400, "no such thing sk-proj-canary0123456789abcdefghijklmnopqrstuv"));

        (int exitCode, string output, _) = await RunAsync([], "first\nsecond\n/quit\n", "chat", "--config", WriteConfiguration(), "--interactive");

        Assert.Equal(0, exitCode);
        Assert.Contains("No answer: ", output, StringComparison.Ordinal);
        Assert.Contains("You said: second", output, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", output, StringComparison.Ordinal);
        Assert.Equal(1, _simulator.OpenAI.ChatRequests[^1].Json.GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task CtrlCEndsTheAnswerAndNotTheChat()
    {
        var interrupt = new ChatInterrupt();
        int raised = 0;
        _simulator.OpenAI.Enqueue(SimulatedResponse.From(_ =>
        {
            raised++;
            interrupt.Raise();
            return SimulatedResponse.Text("too late");
        }));

        (int exitCode, string output, _) = await RunAsync(
            [], "first\n/cost\nsecond\n/quit\n", interrupt, "chat", "--config", WriteConfiguration(), "--interactive");

        Assert.Equal((0, 1), (exitCode, raised));
        Assert.Contains("Interrupted.", output, StringComparison.Ordinal);
        Assert.Contains("You said: second", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlCAtThePromptSaysHowToLeave()
    {
        var interrupt = new ChatInterrupt();
        using var input = new CallbackReader("first", () => interrupt.Raise(), "/quit");

        (int exitCode, string output, _) = await RunAsync([], input, interrupt, "chat", "--config", WriteConfiguration(), "--interactive");

        Assert.Equal(0, exitCode);
        Assert.Contains("Type /quit to exit.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATerminalsCommandsInAnAnswerAreNotPassedOn()
    {
        _simulator.OpenAI.Default = SimulatedResponse.Text("harmless\u001b]0;title\u0007 \u001b[2Jtext");

        (_, string output, _) = await RunAsync([], null, "chat", "--config", WriteConfiguration(), "hello");

        Assert.Equal("harmless\\u001b]0;title\\u0007 \\u001b[2Jtext", output.Trim());
    }

    [Fact]
    public async Task MistakesInTheConfigurationAreListedAndNothingIsAsked()
    {
        string file = WriteConfiguration("\"Limit\": 2", "\"Limit\": \"2 USD\"");

        (int exitCode, string output, string error) = await RunAsync([], null, "chat", "--config", file, "hello");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains("MeaiBudget:Budgets:day:Limit: '2 USD' is not a number. Write 2,", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"MeaiBudget\": { ", "bad.json: line 1, column 19: Expected depth to be zero")]
    [InlineData("{ \"MeaiBudget\": { \"Budgets\": { \"day\": { \"Limit\": 2 } } } }", "the configuration has no model")]
    [InlineData("{ }", "the file has no section \"MeaiBudget\"")]
    public async Task AFileThatConfiguresNoChatIsRefusedWithTheReason(string json, string says)
    {
        string file = Path.Combine(_folder, "bad.json");
        await File.WriteAllTextAsync(file, json, TestContext.Current.CancellationToken);

        (int exitCode, string output, string error) = await RunAsync([], null, "chat", "--config", file, "hello");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerThatIsNotThereIsNoAnswer()
    {
        string file = WriteConfiguration(_simulator.OpenAIBaseUrl.ToString(), _nobody);

        (int exitCode, string output, string error) = await RunAsync([], null, "chat", "--config", file, "hello");

        Assert.Equal((1, ""), (exitCode, output.Trim()));
        Assert.Contains("No answer: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingToAskIsSaid()
    {
        (int exitCode, _, string error) = await RunAsync([], "  \n", "chat");

        Assert.Equal(2, exitCode);
        Assert.Contains("There is nothing to ask.", error, StringComparison.Ordinal);
    }

    private string WriteConfiguration(string replace = "", string by = "")
    {
        string json = $$"""
            {
              "MeaiBudget": {
                "DefaultModel": "smart",
                "Providers": { "openai": { "Type": "OpenAI", "BaseUrl": "{{_simulator.OpenAIBaseUrl}}", "ApiKey": "sk-any" } },
                "Routes": { "gpt": { "Provider": "openai", "Model": "gpt-4.1" }, "mini": { "Provider": "openai", "Model": "gpt-4.1-mini" } },
                "Models": { "smart": { "Route": "gpt" }, "fast": { "Route": "mini" } },
                "Budgets": { "day": { "Limit": 2 } },
                "Retry": { "MaxRetries": 0 }
              }
            }
            """;
        string file = Path.Combine(_folder, "chat.json");
        File.WriteAllText(file, replace.Length == 0 ? json : json.Replace(replace, by, StringComparison.Ordinal));
        return file;
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(Dictionary<string, string> environment, string? piped, params string[] args) =>
        RunAsync(environment, piped, new ChatInterrupt(), args);

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        Dictionary<string, string> environment, string? piped, ChatInterrupt interrupt, params string[] args)
    {
        using var input = new StringReader(piped ?? "");
        return await RunAsync(environment, input, interrupt, args);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        Dictionary<string, string> environment, TextReader input, ChatInterrupt interrupt, params string[] args)
    {
        var root = new RootCommand { ChatCommand.Create(environment, input, isInputPiped: true, interrupt) };
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = await root.Parse(args).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Types a line, does something, types another.</summary>
    private sealed class CallbackReader(string first, Action between, string second) : TextReader
    {
        private int _lines;

        public override ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
        {
            if (_lines++ == 0)
            {
                return ValueTask.FromResult<string?>(first);
            }

            between();
            return ValueTask.FromResult<string?>(second);
        }
    }
}
