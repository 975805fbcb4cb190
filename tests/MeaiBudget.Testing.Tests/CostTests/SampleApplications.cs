using System.Globalization;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Applications as users write them, on scripted models. Each takes the name of one change; no name is no change.</summary>
internal static class SampleApplications
{
    private static readonly string[] Words =
        "the customer order invoice warehouse parcel was sent to a wrong address and must be returned before Friday unless an agent confirms that the refund policy for damaged goods applies to this country".Split(' ');

    /// <summary>The names of the applications.</summary>
    public static IReadOnlyList<string> Names { get; } = ["support", "chat", "claude", "router", "search", "report"];

    /// <summary>Creates the scenario of an application.</summary>
    /// <param name="application">The application.</param>
    /// <param name="change">The change; empty for none.</param>
    /// <param name="seed">The seed of what differs between runs: ids, delays and the order of concurrent calls.</param>
    public static CostScenario Create(string application, string change = "", int seed = 1) => application switch
    {
        "support" => new CostScenario(application, () => SupportModel(change, seed), client => AnswerCustomerAsync(client, change)),
        "chat" => new CostScenario(application, () => ChatModel(change), client => ChatAsync(client, change)),
        "claude" => new CostScenario(application, () => ClaudeModel(change), client => CachedChatAsync(client, change)),
        "router" => new CostScenario(application, (meter, _) => RouteAsync(meter, change)),
        "search" => new CostScenario(application, (meter, _) => SearchAsync(meter, change)),
        _ => new CostScenario(application, (meter, _) => WriteReportAsync(meter, change, seed)),
    };

    private static string Text(int words, int seed) =>
        string.Join(' ', Enumerable.Range(0, words).Select(word => Words[((word * 7) + (seed * 13) + (word / 9)) % Words.Length] + (word % 12 == 11 ? "." : "")));

    private static ScriptedChatClient SupportModel(string change, int seed)
    {
        var ids = new Random(seed);
        var model = new ScriptedChatClient(change == "dearer model" ? "gpt-4.1" : "gpt-4.1-mini", "openai");
        switch (change)
        {
            case "serial calls":
                model.Enqueue(Calls("find_order"), Calls("find_customer"));
                break;
            case "more parallel calls":
                model.Enqueue(Calls("find_order", "find_customer", "find_order", "find_order", "find_order", "find_order"));
                break;
            default:
                model.Enqueue(Calls("find_order", "find_customer"));
                break;
        }

        if (change == "call repeated")
        {
            model.Enqueue(Calls("find_order"));
        }

        model.Enqueue(Calls("send_mail"));
        var answer = ScriptedReply.Text(Text(change == "longer answer" ? 240 : 60, 3));
        model.Enqueue(change == "reasoning" ? answer.WithUsage(new UsageDetails { InputTokenCount = 1_600, OutputTokenCount = 900, ReasoningTokenCount = 820 }) : answer);
        model.Default = change == "alias" ? ScriptedReply.Text("unused") : ScriptedReply.Text(Text(60, 3));
        return model;

        ScriptedReply Calls(params string[] tools) => ScriptedReply.Respond(_ => new ChatResponse(new ChatMessage(ChatRole.Assistant,
            [.. tools.Select((tool, index) => (AIContent)new FunctionCallContent($"call_{ids.NextInt64():x}", tool, new Dictionary<string, object?> { ["id"] = $"{17 + index}" }))]))
        {
            FinishReason = ChatFinishReason.ToolCalls,
            ModelId = change == "alias" ? "gpt-4.1-2025-04-14" : null,
        });
    }

    private static async Task AnswerCustomerAsync(IChatClient client, string change)
    {
        int requests = 0;
        string order = Text(change == "results ten times larger" ? 600 : 60, 5);
        List<AITool> tools =
        [
            AIFunctionFactory.Create((string id) => $"Order {id}: {order}", "find_order", "Finds an order." + (change == "longer description" ? Text(160, 6) : "")),
            AIFunctionFactory.Create((string id) => $"Customer {id}: Ada, Rome.", "find_customer", "Finds a customer."),
            change == "more parameters"
                ? AIFunctionFactory.Create((string id, string language, int urgency, string[] attachments, bool isCopied, string? replyTo) => "sent", "send_mail", "Sends a mail.")
                : AIFunctionFactory.Create((string id) => "sent", "send_mail", "Sends a mail."),
        ];
        if (change == "tools added")
        {
            tools.Insert(0, AIFunctionFactory.Create((string id, string reason) => id + reason, "escalate", Text(120, 8)));
            tools.Add(AIFunctionFactory.Create((string id) => id, "archive", Text(60, 9)));
        }

        using IChatClient agent = client.AsBuilder().UseFunctionInvocation().ConfigureOptions(options =>
        {
            requests++;
            string beginning = change switch
            {
                "id in the system prompt" => $"Session {new Guid(requests, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8)}. ",
                "time in the system prompt" => string.Create(CultureInfo.InvariantCulture, $"Now: 2026-11-{requests:00}T10:00:00Z. "),
                "locale in the system prompt" => requests % 2 == 0 ? "Locale: de-DE. " : "Locale: en-US. ",
                _ => "",
            };
            options.Instructions = beginning + Text(1_100, 1) + (change == "examples in the system prompt" ? $"\nUser: {Text(60, 2)}\nAssistant: {Text(80, 3)}" : "");
            options.MaxOutputTokens = change == "output limit raised" ? 2_000 : change == "output limit removed" ? null : 800;
            options.Tools = change == "tools reordered" && requests % 2 == 0 ? [.. options.Tools!.Reverse()] : options.Tools;
        }).Build();
        List<ChatMessage> messages = [new(ChatRole.User, "Where is my parcel? " + Text(change == "longer question" ? 400 : 30, 4))];
        if (change == "second system message")
        {
            messages.Insert(0, new ChatMessage(ChatRole.System, Text(150, 11)));
        }

        ChatResponse response = await agent.GetResponseAsync(messages, new ChatOptions { Tools = tools });
        if (change == "answer reviewed")
        {
            await client.GetResponseAsync("Is this polite? " + response.Text, new ChatOptions { MaxOutputTokens = 10 });
        }

        for (int retry = 0; change == "retry loop" && retry < 2; retry++)
        {
            await agent.GetResponseAsync(messages.Take(1), new ChatOptions { Tools = tools });
        }
    }

    private static ScriptedChatClient ChatModel(string change)
    {
        var model = new ScriptedChatClient(change switch { "dearer model" => "gpt-4-turbo", "unknown model" => "acme-7b", _ => "gpt-4o" }, "openai");
        var reply = ScriptedReply.Text(Text(change == "longer answers" ? 160 : 60, 1));
        model.Default = change == "alias" ? reply.WithModelId("gpt-4-turbo-2024-04-09") : reply;
        return model;
    }

    private static async Task ChatAsync(IChatClient client, string change)
    {
        List<ChatMessage> history = [];
        for (int turn = 0; turn < (change == "another turn" ? 7 : 6); turn++)
        {
            history.Add(new ChatMessage(ChatRole.User, $"Question {turn}: {Text(40, turn)}"));
            if (turn == 0)
            {
                int size = change == "larger image" ? 1_500 : 700;
                history[0].Contents.Add(new UriContent("https://example.com/photo.png", "image/png")
                {
                    AdditionalProperties = new() { ["width"] = size, ["height"] = size, ["detail"] = change is "image in detail" or "larger image" ? "high" : "low" },
                });
            }

            string rules = change == "system prompt translated" ? string.Concat(Enumerable.Repeat("Вы отвечаете покупателям вежливо и кратко. ", 140)) : Text(1_050, 1);
            string beginning = change switch
            {
                "clock in the system prompt" => $"It is 10:{turn:00}. ",
                "seconds in the system prompt" => $"[17{turn}0000000] ",
                "weekday in the system prompt" => $"Heute ist Montag, der {turn + 1}. Mai. ",
                _ => "",
            };
            List<ChatMessage> sent = change == "history not trimmed" ? [.. history] : [history[0], .. history.Skip(1).TakeLast(3)];
            if (change == "examples as messages")
            {
                sent.InsertRange(0, [new(ChatRole.User, Text(60, 21)), new(ChatRole.Assistant, Text(80, 22)), new(ChatRole.User, Text(60, 23)), new(ChatRole.Assistant, Text(80, 24))]);
            }

            ChatResponse response = await client.GetResponseAsync(sent, new ChatOptions
            {
                Instructions = beginning + rules + (change == "examples in the system prompt" ? Text(300, 9) : ""),
                MaxOutputTokens = change == "output limit raised" ? 4_000 : 1_000,
                ResponseFormat = change == "schema added" ? ChatResponseFormat.ForJsonSchema<Reviewed>() : null,
            });
            history.AddRange(response.Messages);
            if (change == "summary after each turn")
            {
                await client.GetResponseAsync("Summarize: " + Text(200, turn), new ChatOptions { MaxOutputTokens = 200 });
            }
        }
    }

    private static ScriptedChatClient ClaudeModel(string change)
    {
        var model = new ScriptedChatClient(change == "dearer model" ? "claude-opus-4-1" : "claude-sonnet-4-5", "anthropic");
        for (int turn = 0; turn < 4; turn++)
        {
            bool isWritten = change == "cache written each turn" || (turn == 0 && change != "no cache control");
            var usage = new UsageDetails
            {
                InputTokenCount = 3_000 + (200 * turn),
                OutputTokenCount = change == "thinking" ? 900 : 100,
                ReasoningTokenCount = change == "thinking" ? 800 : null,
                CachedInputTokenCount = isWritten || change == "no cache control" ? 0 : 2_500,
                AdditionalCounts = new() { ["CacheCreationInputTokens"] = isWritten ? 2_500 : 0 },
            };
            model.Enqueue(ScriptedReply.Text(Text(80, turn)).WithUsage(usage).WithModelId(change == "alias" ? "claude-opus-4-1-20250805" : null));
        }

        return model;
    }

    private static async Task CachedChatAsync(IChatClient client, string change)
    {
        List<ChatMessage> history = [];
        for (int turn = 0; turn < 4; turn++)
        {
            history.Add(new ChatMessage(ChatRole.User, Text(100, turn)));
            history.AddRange((await client.GetResponseAsync(history, new ChatOptions
            {
                Instructions = Text(1_900, 1),
                MaxOutputTokens = change == "output limit raised" ? 8_000 : 1_000,
                Reasoning = change == "more effort" ? new ReasoningOptions { Effort = ReasoningEffort.High } : null,
            })).Messages);
        }
    }

    private static async Task RouteAsync(CostMeter meter, string change)
    {
        using var classifier = new ScriptedChatClient(change == "dearer classifier" ? "gpt-4.1" : "gpt-4.1-nano", "openai");
        using var writer = new ScriptedChatClient(change == "dearer writer" ? "gpt-5-pro" : "gpt-4.1", "openai");
        using var editor = new ScriptedChatClient(change == "dearer editor" ? "gpt-4.1" : "gpt-4.1-mini", "openai");
        using var failing = new ScriptedChatClient("gpt-4.1", "openai");
        classifier.Default = ScriptedReply.Text("billing");
        writer.Default = ScriptedReply.Text(Text(change == "longer answers" ? 500 : 150, 3));
        editor.Default = ScriptedReply.Text(Text(40, 5));
        failing.Default = ScriptedReply.Throw(new HttpRequestException("gone", null, System.Net.HttpStatusCode.ServiceUnavailable));
        IChatClient writing = meter.Measure(writer);
        if (change == "failing route first")
        {
            writing = meter.Measure(failing).AsBuilder().UseFallback(writing).Build();
        }

        for (int question = 0; question < 3; question++)
        {
            for (int call = 0; call < (change == "classified twice" ? 2 : 1); call++)
            {
                await meter.Measure(classifier).GetResponseAsync(Text(80, question), new ChatOptions { Instructions = Text(change == "longer classifier prompt" ? 2_500 : 150, 1), MaxOutputTokens = 10 });
            }

            ChatResponse answer = await writing.GetResponseAsync(Text(80, question), new ChatOptions { Instructions = Text(300, 2), MaxOutputTokens = change == "output limit of the writer raised" ? 3_000 : 600 });
            await meter.Measure(editor).GetResponseAsync("Shorten: " + answer.Text, new ChatOptions { MaxOutputTokens = 100 });
            if (change == "editor added")
            {
                await meter.Measure(editor).GetResponseAsync("Summarize: " + answer.Text, new ChatOptions { MaxOutputTokens = 100 });
            }
        }
    }

    private static async Task SearchAsync(CostMeter meter, string change)
    {
        using var model = new ScriptedChatClient("gpt-4.1-mini", "openai");
        using var embeddings = new ScriptedEmbeddings(change == "dearer embedding model" ? "text-embedding-3-large" : "text-embedding-3-small");
        model.Default = ScriptedReply.Text(Text(90, 3));
        IChatClient client = meter.Measure(model);
        IEmbeddingGenerator<string, Embedding<float>> generator = meter.Measure(embeddings);
        for (int batch = 0; batch < (change == "more chunks embedded" ? 40 : 2); batch++)
        {
            await generator.GenerateAsync(Enumerable.Range(batch * 10, 10).Select(chunk => Text(change == "larger chunks embedded" ? 3_000 : 400, chunk)));
        }

        List<ChatMessage> history = [];
        for (int turn = 0; turn < 3; turn++)
        {
            string question = $"Question {turn}: {Text(30, turn)}";
            await generator.GenerateAsync([question]);
            if (change == "query rewritten")
            {
                question += (await client.GetResponseAsync("Rewrite as a query: " + question, new ChatOptions { MaxOutputTokens = 100 })).Text;
            }

            if (change == "chunks ranked")
            {
                await client.GetResponseAsync("Rank: " + Text(900, turn), new ChatOptions { MaxOutputTokens = 50 });
            }

            string chunks = string.Join('\n', Enumerable.Range(0, change == "more chunks" ? 12 : 4).Select(chunk => $"[{chunk}] {Text(change == "larger chunks" ? 300 : 100, chunk + turn)}"));
            string rules = Text(1_100, 1);
            history.Add(new ChatMessage(ChatRole.User, question));
            IEnumerable<ChatMessage> sent = change == "chunks before the rules"
                ? [new(ChatRole.System, $"Context: {chunks}\n{rules}"), .. history]
                : [new(ChatRole.System, rules), .. history.SkipLast(1), .. change == "history twice" ? history.SkipLast(1) : [], new(ChatRole.User, $"Context: {chunks}\n{question}")];
            history.AddRange((await client.GetResponseAsync(sent, new ChatOptions { MaxOutputTokens = 400 })).Messages);
        }
    }

    /// <summary>Sections that are written at the same time, in an order that differs in each run.</summary>
    private static async Task WriteReportAsync(CostMeter meter, string change, int seed)
    {
        var random = new Random(seed);
        using var small = new ScriptedChatClient("gpt-4.1-mini", "openai");
        using var large = new ScriptedChatClient("gpt-4.1", "openai");
        small.Default = ScriptedReply.Respond(call => new ChatResponse(new ChatMessage(ChatRole.Assistant, Text(40 + (call.Messages[0].Text.Length % 100), 2))));
        large.Default = ScriptedReply.Text(Text(70, 2));
        int[] sections = [.. Enumerable.Range(0, change == "another section" ? 9 : 8)];
        random.Shuffle(sections);
        await Task.WhenAll(sections.Select(async section =>
        {
            IChatClient client = meter.Measure(section == 3 || (section == 5 && change == "dearer model for a section") ? large : small);
            var options = new ChatOptions
            {
                Instructions = Text(section % 2 == 0 ? 1_100 : 300, 1 + (section % 2)) + (change == "examples in the system prompt" ? Text(300, 8) : ""),
                MaxOutputTokens = change == "output limit raised" ? 2_000 : 500,
            };
            List<ChatMessage> messages = [new(ChatRole.User, $"Section {section}: {Text((100 * (section + 1)) + (section == 2 && change == "longer question for a section" ? 900 : 0), section)}")];
            messages.AddRange((await client.GetResponseAsync(messages, options)).Messages);
            messages.Add(new ChatMessage(ChatRole.User, "Shorter."));
            await client.GetResponseAsync(messages, options);
        }));
    }

    private sealed record Reviewed(string Answer, string Reason, double Confidence, int[] Paragraphs, string Kind, string[] Sources, bool IsFinal);

    private sealed class ScriptedEmbeddings(string model) : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(_ => new Embedding<float>(new float[2]) { ModelId = model })));

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("openai", null, model) : null;

        public void Dispose()
        {
        }
    }
}
