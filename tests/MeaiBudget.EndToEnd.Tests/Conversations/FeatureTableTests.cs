using System.Globalization;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OllamaSharp.Models.Chat;
using OpenAI.Chat;
using OpenAI.Responses;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatResponseFormat = Microsoft.Extensions.AI.ChatResponseFormat;
using ChatRole = Microsoft.Extensions.AI.ChatRole;
using MessageCreateParams = Anthropic.Models.Messages.MessageCreateParams;

namespace MeaiBudget.Tests;

/// <summary>docs/conversations.md: what each layer does with each feature of Microsoft.Extensions.AI at each provider. Each cell is run.</summary>
#pragma warning disable OPENAI001 // The SDK's own raw types are experimental.
public sealed class FeatureTableTests(FeatureTableTests.SharedSimulator shared) : IClassFixture<FeatureTableTests.SharedSimulator>
{
    private static readonly string[] Clients = ["OpenAI chat", "OpenAI Responses", "Anthropic", "LiteLLM", "Ollama"];

    private static readonly string[] Layers = ["UseTokenEstimation", "UseBudget", "UseRetry", "UseFallback", "UseRedactedLogging"];

    private static readonly string[] Features =
    [
        "text", "tools", "tools with `ToolMode.None`", "response schema", "reasoning effort", "image", "hosted file", "hosted web search",
        "raw request", "conversation that was seen", "conversation that was not seen", "background answer, start", "background answer, fetch",
    ];

    private static readonly Dictionary<(string Layer, string Feature, string Client), string> Page = ReadPage();

    public static TheoryData<string, string, string> Cells
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (string layer in Layers)
            {
                foreach (string feature in Features)
                {
                    foreach (string client in Clients)
                    {
                        data.Add(layer, feature, client);
                    }
                }
            }

            return data;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ProviderSimulator Simulator => shared.Simulator;

    [Theory, MemberData(nameof(Cells))]
    public async Task TheCellSaysWhatTheLayerDoes(string layer, string feature, string client)
    {
        string expected = Page.GetValueOrDefault((layer, feature, client), "(no cell)");

        string unstreamed = await OutcomeAsync(layer, feature, client, streaming: false);
        string streamed = await OutcomeAsync(layer, feature, client, streaming: true);

        Assert.Equal((expected, expected), (unstreamed, streamed));
    }

    private async Task<string> OutcomeAsync(string layer, string feature, string client, bool streaming)
    {
        foreach (SimulatedProvider provider in Enum.GetValues<SimulatedProvider>())
        {
            Simulator.Script(provider).Clear();
        }

        ProviderScript script = ScriptOf(client);
        using IChatClient bare = Create(client);
        (List<ChatMessage> messages, ChatOptions options)? request = await RequestAsync(feature, client, bare);
        if (request is not var (messages, options))
        {
            return "–";
        }

        bool fetches = options.ContinuationToken is not null;
        var tracker = new CostTracker(
            [Budget.Daily("day", 100m) with { TokenLimit = 10_000_000 }], PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m)));
        ChatClientBuilder builder = new(bare);
        using IChatClient pipeline = layer switch
        {
            "UseTokenEstimation" => builder.UseTokenEstimation().Build(),
            "UseBudget" => builder.UseBudget(tracker).Build(),
            "UseRetry" => builder.UseRetry(new RetryOptions { BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, RetryBudget = new RetryBudget(1, 1_000) }).Build(),
            "UseFallback" => builder.UseFallback(Create(client == "Anthropic" ? "OpenAI chat" : "Anthropic")).Build(),
            _ => builder.UseRedactedLogging().Build(),
        };
        if (!fetches && layer is "UseRetry" or "UseFallback")
        {
            script.Enqueue(SimulatedResponse.Error(500));
        }

        int before = Simulator.Requests.Count;
        using ReceiptCapture capture = CallReceipts.Capture();
        try
        {
            await pipeline.AskAsync(streaming, messages, options, Token);
        }
        catch (BudgetExceededException refused)
        {
            return $"refused: {refused.Refusal.Reason}";
        }
        catch (Exception) when (layer == "UseFallback")
        {
            string reason = capture.Receipts[^1].Attempts.First(attempt => attempt.SkipReason is not null).SkipReason!;
            return "stays: " + (reason.StartsWith("the conversation is kept by the server of ", StringComparison.Ordinal) ? "the conversation is kept by its server" : reason);
        }

        AttemptReceipt[] attempts = [.. capture.Receipts.SelectMany(receipt => receipt.Attempts)];
        if (fetches)
        {
            return "passes";
        }

        switch (layer)
        {
            case "UseTokenEstimation":
                TokenEstimateFlags flags = attempts[^1].Estimate!.Flags & ~TokenEstimateFlags.ConversationSeen;
                return flags == TokenEstimateFlags.None ? "counted" : $"flagged: {flags}";
            case "UseRetry":
                return attempts.Length == 2 ? "works" : "(not repeated)";
            case "UseFallback":
                return capture.Receipts[^1].WasSubstituted ? "moves" : "(not moved)";
            case "UseRedactedLogging":
                SimulatedRequest through = Simulator.Requests[^1];
                await bare.AskAsync(streaming, messages, options, Token);
                return through.BodyText == Simulator.Requests[^1].BodyText ? "passes" : "(changed)";
            default:
                return Simulator.Requests.Count > before ? "works" : "(not sent)";
        }
    }

    /// <summary>The request that uses a feature; null if the client has nothing of the kind.</summary>
    private static async Task<(List<ChatMessage> Messages, ChatOptions Options)?> RequestAsync(string feature, string client, IChatClient bare)
    {
        List<ChatMessage> messages = [new(ChatRole.User, "How are you?")];
        var options = new ChatOptions { MaxOutputTokens = 500 };
        switch (feature)
        {
            case "tools":
                options.Tools = [AIFunctionFactory.Create(() => "a result", "look")];
                break;
            case "tools with `ToolMode.None`":
                options.Tools = [AIFunctionFactory.Create(() => "a result", "look")];
                options.ToolMode = ChatToolMode.None;
                break;
            case "response schema":
                options.ResponseFormat = ChatResponseFormat.ForJsonSchema<Colour>();
                break;
            case "reasoning effort":
                options.Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low };
                options.MaxOutputTokens = null;
                break;
            case "image":
                messages[0].Contents.Add(new DataContent(Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), "image/png"));
                break;
            case "hosted file":
                messages[0].Contents.Add(new HostedFileContent("file_1"));
                break;
            case "hosted web search":
                options.Tools = [new HostedWebSearchTool()];
                break;
            case "raw request":
                options.RawRepresentationFactory = _ => client switch
                {
                    "OpenAI Responses" => new CreateResponseOptions { EndUserId = "somebody" },
                    "Anthropic" => new MessageCreateParams { MaxTokens = 400, Messages = [], Model = "claude-haiku-4-5" },
                    "Ollama" => new ChatRequest { KeepAlive = "5m" },
                    _ => new ChatCompletionOptions { EndUserId = "somebody" },
                };
                break;
            case "conversation that was seen":
                ChatResponse first = await new ChatClientBuilder(bare).UseTokenEstimation().Build().GetResponseAsync("Good morning.", new ChatOptions { MaxOutputTokens = 500 }, Token);
                options.ConversationId = first.ConversationId;
                return first.ConversationId is null ? null : (messages, options);
            case "conversation that was not seen":
                options.ConversationId = "conv_1";
                break;
            case "background answer, start":
                options.AllowBackgroundResponses = true;
                break;
            case "background answer, fetch":
                options.AllowBackgroundResponses = true;
                options.ContinuationToken = (await bare.GetResponseAsync(messages, options, Token)).ContinuationToken;
                return options.ContinuationToken is null ? null : ([], options);
        }

        return (messages, options);
    }

    private IChatClient Create(string client) => client switch
    {
        "OpenAI Responses" => RealClients.Create(Simulator, SimulatedProvider.OpenAI, "gpt-4.1-mini", options => ((OpenAIChatClientOptions)options).UseResponsesApi = true),
        "Anthropic" => RealClients.Create(Simulator, SimulatedProvider.Anthropic, "claude-haiku-4-5"),
        "LiteLLM" => RealClients.Create(Simulator, SimulatedProvider.LiteLLM, "gpt-4.1-mini"),
        "Ollama" => RealClients.Create(Simulator, SimulatedProvider.Ollama, "llama3.2"),
        _ => RealClients.Create(Simulator, SimulatedProvider.OpenAI, "gpt-4.1-mini"),
    };

    private ProviderScript ScriptOf(string client) => Simulator.Script(client switch
    {
        "Anthropic" => SimulatedProvider.Anthropic,
        "LiteLLM" => SimulatedProvider.LiteLLM,
        "Ollama" => SimulatedProvider.Ollama,
        _ => SimulatedProvider.OpenAI,
    });

    /// <summary>Reads a table below a heading for each layer: a row for each feature, a column for each client.</summary>
    private static Dictionary<(string, string, string), string> ReadPage()
    {
        var cells = new Dictionary<(string, string, string), string>();
        string layer = "";
        foreach (string line in File.ReadLines(RepositoryFolder.PathOf("docs/conversations.md")))
        {
            if (line.StartsWith("### ", StringComparison.Ordinal))
            {
                layer = line[4..].Trim('`');
            }
            else if (line.StartsWith("| ", StringComparison.Ordinal) && line.Split('|', StringSplitOptions.TrimEntries) is { Length: 8 } parts)
            {
                for (int i = 0; i < Clients.Length; i++)
                {
                    cells[(layer, parts[1], Clients[i])] = parts[i + 2];
                }
            }
        }

        return cells;
    }

    /// <summary>Writes the outcomes as the page's tables, for when the page is to be changed: set MEAIBUDGET_WRITE_TABLE to a file.</summary>
    [Fact]
    public async Task ThePageCanBeWrittenFromTheOutcomes()
    {
        string? path = Environment.GetEnvironmentVariable("MEAIBUDGET_WRITE_TABLE");
        Assert.SkipWhen(string.IsNullOrEmpty(path), "MEAIBUDGET_WRITE_TABLE is not set.");
        var text = new System.Text.StringBuilder();
        foreach (string layer in Layers)
        {
            text.Append(CultureInfo.InvariantCulture, $"### `{layer}`\n\n| feature | {string.Join(" | ", Clients)} |\n| --- | --- | --- | --- | --- | --- |\n");
            foreach (string feature in Features)
            {
                string[] row = new string[Clients.Length];
                for (int i = 0; i < row.Length; i++)
                {
                    try
                    {
                        string unstreamed = await OutcomeAsync(layer, feature, Clients[i], streaming: false);
                        string streamed = await OutcomeAsync(layer, feature, Clients[i], streaming: true);
                        row[i] = unstreamed == streamed ? unstreamed : $"{unstreamed} / {streamed}";
                    }
#pragma warning disable CA1031 // A cell that fails is written down.
                    catch (Exception exception)
#pragma warning restore CA1031
                    {
                        row[i] = "!" + exception.GetType().Name + ": " + exception.Message.Split('\n')[0];
                    }
                }

                text.Append(CultureInfo.InvariantCulture, $"| {feature} | {string.Join(" | ", row)} |\n");
            }

            text.Append('\n');
        }

        await File.WriteAllTextAsync(path!, text.ToString(), Token);
    }

    /// <summary>One simulator for all cells.</summary>
    public sealed class SharedSimulator : IAsyncLifetime
    {
        public ProviderSimulator Simulator { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Simulator = await ProviderSimulator.StartAsync();

        public ValueTask DisposeAsync() => Simulator.DisposeAsync();
    }

    private sealed record Colour(string Name);
}
