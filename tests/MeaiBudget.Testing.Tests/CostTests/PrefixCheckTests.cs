using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>The prefix check compares a request with the one that it continues, and with no other.</summary>
public sealed class PrefixCheckTests
{
    private static readonly string Long = string.Join(' ', Enumerable.Range(0, 1_200).Select(word => $"word{word % 97}"));

    [Fact]
    public async Task QuestionsAboutTheSameExamplesOrDocumentAreNoLostPrefix()
    {
        CostReport report = await RunAsync(async client =>
        {
            foreach (string question in new[] { "Who wrote it?", "When?", "What does the whole of it cost, with taxes?" })
            {
                await client.GetResponseAsync([new(ChatRole.User, Long), new(ChatRole.Assistant, "Understood."), new(ChatRole.User, question)]);
                await client.GetResponseAsync([new(ChatRole.User, [new TextContent(Long), new TextContent(question)])]);
            }
        });

        Assert.Empty(report.PrefixBreaks);
    }

    [Fact]
    public async Task ASideRequestAfterEachTurnIsNoLostPrefix()
    {
        CostReport report = await RunAsync(async client =>
        {
            List<ChatMessage> history = [];
            for (int turn = 0; turn < 3; turn++)
            {
                history.Add(new(ChatRole.User, $"{turn}: {Long}"));
                history.AddMessages(await client.GetResponseAsync(history));
                await client.GetResponseAsync([.. history, new(ChatRole.User, "Give the conversation a title.")]);
            }
        });

        Assert.Empty(report.PrefixBreaks);
    }

    [Fact]
    public async Task ConversationsThatAreSentInTurnsKeepTheirPrefixes()
    {
        CostReport report = await RunAsync(async client =>
        {
            List<ChatMessage>[] conversations = [[], [], []];
            for (int turn = 0; turn < 3; turn++)
            {
                for (int number = 0; number < conversations.Length; number++)
                {
                    conversations[number].Add(new(ChatRole.User, $"Summarize the document {number}, part {turn}. {Long}"));
                    conversations[number].AddMessages(await client.GetResponseAsync(conversations[number]));
                }
            }
        });

        Assert.Empty(report.PrefixBreaks);
    }

    [Theory]
    [InlineData("facts before the first message")]
    [InlineData("first message edited")]
    [InlineData("time in the first message")]
    [InlineData("results removed")]
    public async Task AChangeBeforeARepeatedMessageIsALostPrefix(string change)
    {
        CostReport report = await RunAsync(async client =>
        {
            List<ChatMessage> history = [];
            for (int turn = 0; turn < 3; turn++)
            {
                history.Add(new(ChatRole.User, $"{turn}: {Long}"));
                List<ChatMessage> sent = [.. history];
                switch (change)
                {
                    case "facts before the first message":
                        sent.Insert(0, new(ChatRole.User, $"Known so far: {string.Join(", ", Enumerable.Range(0, turn))}."));
                        break;
                    case "first message edited":
                        sent[0] = new(ChatRole.User, $"{(turn == 0 ? "New" : $"Seen {turn} times")}. {sent[0].Text}");
                        break;
                    case "time in the first message":
                        sent[0] = new(ChatRole.User, $"It is 10:0{turn}. {sent[0].Text}");
                        break;
                    default:
                        for (int message = 0; message < sent.Count; message++)
                        {
                            sent[message] = message < sent.Count - 2 && sent[message].Role == ChatRole.Tool
                                ? new(ChatRole.Tool, [new FunctionResultContent($"call{message}", "(removed)")]) : sent[message];
                        }

                        break;
                }

                history.AddMessages(await client.GetResponseAsync(sent));
                if (change == "results removed")
                {
                    history.Add(new(ChatRole.Assistant, [new FunctionCallContent($"call{history.Count + 1}", "read")]));
                    history.Add(new(ChatRole.Tool, [new FunctionResultContent($"call{history.Count}", Long)]));
                }
            }
        });

        PrefixBreak last = report.PrefixBreaks[^1];
        Assert.Equal(3, last.Later);
        Assert.True(last.LostTokens > 1_024, last.ToString());
        string reason = change == "time in the first message" ? "the conversation contains a date, a time or an id that changes" : "an earlier part of the conversation changed";
        Assert.Equal(reason, last.Reason);
    }

    private static Task<CostReport> RunAsync(Func<IChatClient, Task> run) =>
        new CostScenario("prefix", () => new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("An answer.") }, run).RunAsync();
}
