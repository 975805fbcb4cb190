using System.ComponentModel;
using System.Globalization;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Samples;

namespace MeaiBudget.Tests;

/// <summary>Agents as the samples have them, on scripted models. Each can have one planted regression.</summary>
internal static class SampleAgents
{
    private const string Model = "gpt-4.1-mini";
    private const string DearerModel = "gpt-4.1";

    private static readonly string[] Words =
        "customer answer question ticket policy always never briefly polite weather city printer invoice refund order shipping return account".Split(' ');

    /// <summary>The names of the agents.</summary>
    public static IReadOnlyList<string> Names { get; } = ["weather agent", "writer and editor", "ticket summarizer", "chat page", "research agent"];

    /// <summary>Creates an agent's scenario.</summary>
    /// <param name="name">The agent.</param>
    /// <param name="planted">The regression; null for none.</param>
    public static CostScenario Create(string name, Regression? planted = null)
    {
        var plan = new Plan(name, planted);
        return new CostScenario(name, plan.CreateModel, plan.RunAsync)
        {
            Prices = planted == Regression.Price ? PriceCatalog.Default.With(Model, ModelPrice.PerMillionTokens(input: 0.45m, output: 1.80m, cachedInput: 0.11m)) : PriceCatalog.Default,
        };
    }

    /// <summary>Returns a text of so many different sentences, the same in every run.</summary>
    private static string Text(int sentences, int seed) => string.Join(' ', Enumerable.Range(0, sentences).Select(sentence =>
        string.Create(CultureInfo.InvariantCulture, $"Rule {seed}.{sentence}: {string.Join(' ', Enumerable.Range(0, 9).Select(word => Words[((sentence * 7) + (word * 5) + seed) % Words.Length]))}.")));

    private sealed class Plan(string name, Regression? planted)
    {
        private readonly bool _hasTools = name is "weather agent" or "research agent";
        private int _requests;

        public ScriptedChatClient CreateModel()
        {
            var model = new ScriptedChatClient(planted == Regression.Model ? DearerModel : Model, "openai");
            foreach (ScriptedReply reply in Replies())
            {
                ScriptedReply answered = planted == Regression.Alias ? reply.WithModelId(DearerModel) : reply;
                model.Enqueue(answered);
            }

            return model;
        }

        public async Task RunAsync(IChatClient client)
        {
            _requests = 0;
            using IChatClient configured = client.AsBuilder().ConfigureOptions(Configure).Build();
            switch (name)
            {
                case "weather agent":
                    await configured.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync("How is the weather in two cities?", new ChatOptions { Tools = [.. Tools()] });
                    break;
                case "research agent":
                    await configured.AsBuilder().UseFunctionInvocation().Build().GetStreamingResponseAsync("What is the refund policy?", new ChatOptions { Tools = [.. Tools()] }).ToChatResponseAsync();
                    break;
                case "writer and editor":
                    string draft = (await configured.GetResponseAsync([new(ChatRole.User, "Write about Rome." + Grown(Regression.Conversation, 12))])).Text;
                    await configured.GetResponseAsync([new(ChatRole.User, "Shorten: " + draft + Grown(Regression.Conversation, 12))]);
                    if (planted == Regression.Round)
                    {
                        await configured.GetResponseAsync([new(ChatRole.User, "Review: " + draft)]);
                    }

                    break;
                case "ticket summarizer":
                    for (int ticket = 0; ticket < (planted == Regression.Round ? 4 : 3); ticket++)
                    {
                        await new TicketSummarizer(configured).SummarizeAsync($"Ticket {ticket}: {Text(6, ticket)}{Grown(Regression.Conversation, 8)}");
                    }

                    break;
                default:
                    List<ChatMessage> messages = [];
                    for (int turn = 0; turn < (planted == Regression.Round ? 4 : 3); turn++)
                    {
                        messages.Add(new ChatMessage(ChatRole.User, $"Question {turn}: {Text(2, turn)}{Grown(Regression.Conversation, 6)}"));
                        ChatResponse response = await configured.GetStreamingResponseAsync(messages).ToChatResponseAsync();
                        messages.AddRange(response.Messages);
                    }

                    break;
            }
        }

        private IEnumerable<ScriptedReply> Replies()
        {
            string longer = Grown(Regression.Answers, 8);
            if (_hasTools)
            {
                int rounds = planted == Regression.Round ? 3 : 2;
                for (int round = 0; round < rounds; round++)
                {
                    yield return ScriptedReply.ToolCall("lookup", new Dictionary<string, object?> { ["subject"] = $"subject {round}" });
                }

                yield return ScriptedReply.Text("The answer. " + Text(3, 1) + longer);
                yield break;
            }

            for (int call = 0; call < 4; call++)
            {
                yield return ScriptedReply.Text($"Answer {call}. " + Text(3, call) + longer);
            }
        }

        private void Configure(ChatOptions options)
        {
            int request = _requests++;
            string clock = planted == Regression.Prefix && !_hasTools ? $"It is 10:15:{request:00}. " : "";
            options.Instructions = clock + Text(80, 3) + Grown(Regression.SystemPrompt, 14);
            options.MaxOutputTokens = planted == Regression.OutputLimit ? 900 : 400;
            if (!_hasTools)
            {
                options.ResponseFormat = planted == Regression.ToolDefinition ? ChatResponseFormat.ForJsonSchema<LongAnswer>() : ChatResponseFormat.ForJsonSchema<ShortAnswer>();
                options.Tools = planted == Regression.NewTool ? [NewTool()] : null;
            }
            else if (planted == Regression.Prefix && request % 2 == 1)
            {
                options.Tools = [.. options.Tools!.Reverse()];
            }
        }

        private IEnumerable<AITool> Tools()
        {
            string result = Text(6, 5) + (planted == Regression.Conversation ? Text(10, 6) : "");
            yield return AIFunctionFactory.Create((string subject) => $"{subject}: {result}", "lookup", "Looks up a subject." + Grown(Regression.ToolDefinition, 12));
            yield return AIFunctionFactory.Create((string subject) => subject, "store", "Stores a subject.");
            if (planted == Regression.NewTool)
            {
                yield return NewTool();
            }
        }

        private static AIFunction NewTool() => AIFunctionFactory.Create((string subject, int priority) => subject + priority, "escalate", "Escalates a subject. " + Text(10, 9));

        private string Grown(Regression regression, int sentences) => planted == regression ? " " + Text(sentences, 8) : "";
    }

    private sealed record ShortAnswer(string Text);

    private sealed record LongAnswer(
        string Text,
        [property: Description("Rule 1: answer question ticket policy always never briefly polite weather city printer invoice refund order shipping return account, and more of it.")] string First,
        [property: Description("Rule 2: answer question ticket policy always never briefly polite weather city printer invoice refund order shipping return account, and more of it.")] string Second,
        [property: Description("Rule 3: answer question ticket policy always never briefly polite weather city printer invoice refund order shipping return account, and more of it.")] string Third);
}

/// <summary>The kinds of planted regressions.</summary>
internal enum Regression
{
    SystemPrompt,
    Round,
    Prefix,
    Alias,
    OutputLimit,
    Answers,
    NewTool,
    ToolDefinition,
    Conversation,
    Price,
    Model,
}
