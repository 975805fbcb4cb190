using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Secrets planted everywhere in a call through the whole pipeline, every option switched on, and looked for in everything that is written.</summary>
public class CanaryTests
{
    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public async Task I1_I4_NoSecretReachesAnythingThatIsWritten(string name)
    {
        SecretShape shape = SecretShapes.All[name];
        foreach (bool streaming in (bool[])[false, true])
        {
            using var written = new Written();
            await RunAsync(shape, streaming, written);
            string everything = written.ToString();
            Assert.Contains("CallCompleted", everything, StringComparison.Ordinal);
            Assert.Contains("[REDACTED]", everything, StringComparison.Ordinal);
            SecretShapes.AssertNoLongPiece(shape.Secret, everything);
        }
    }

    private static async Task RunAsync(SecretShape shape, bool streaming, Written written)
    {
        var provider = new ScriptedChatClient("gpt-4o-mini", "openai");
        ChatResponseUpdate[] pieces = [.. shape.Text.Chunk(5).Select(piece => new ChatResponseUpdate(ChatRole.Assistant, new string(piece)))];
        var failure = ScriptedReply.Throw(new HttpRequestException($"429 for {shape.Text}", new InvalidOperationException(shape.Text), System.Net.HttpStatusCode.TooManyRequests));
        ScriptedReply answer = streaming ? ScriptedReply.Stream([.. pieces, new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop }]) : ScriptedReply.Text(shape.Text);
        provider.Enqueue(failure, ScriptedReply.ToolCall("look", new Dictionary<string, object?> { ["where"] = shape.Text }));
        provider.Default = answer;
        var alternate = new ScriptedChatClient("claude-sonnet-4-5", "anthropic");
        alternate.Enqueue(ScriptedReply.ToolCall("look", new Dictionary<string, object?> { ["where"] = shape.Text }));
        alternate.Default = answer;
        var tracker = new CostTracker([Budget.Daily("day", 10m), Budget.Daily("tenant", 10m).PerTag("tenant")], configure: options => options.Observers.Add(written));
        using IChatClient client = Build(provider, alternate);
        AIFunction tool = AIFunctionFactory.Create((string where) => "found " + where, "look");
        ChatOptions options = new()
        {
            Tools = [tool],
            Instructions = shape.Text,
            AdditionalProperties = new AdditionalPropertiesDictionary { ["extra"] = shape.Text, ["tenant"] = shape.Secret, ["other"] = new object() },
        };

        await client.AskAsync(streaming, shape.Text, options);

        var failing = new ScriptedChatClient("gpt-4o-mini", "openai") { Default = failure };
        using IChatClient hopeless = Build(failing, failing);
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => hopeless.AskAsync(streaming, shape.Text, new ChatOptions { Instructions = shape.Text }));
        if (exception.GetType().Assembly == typeof(CostTracker).Assembly)
        {
            written.Add("exception", exception.Message);
            written.Add("exception", exception.ToString());
        }

        IChatClient Build(IChatClient primary, IChatClient other) => new ChatClientBuilder(primary)
            .UseFunctionInvocation()
            .UseRedactedLogging(configure: logging => (logging.Content, logging.AddCostToActivity) = (LoggedContent.Redacted, true))
            .UseTokenEstimation()
            .UseBudget(tracker)
            .UseRetry(configure: retry => (retry.BaseDelay, retry.MaxDelay) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2)))
            .UseFallback(other)
            .Build(written.Services);
    }
}
