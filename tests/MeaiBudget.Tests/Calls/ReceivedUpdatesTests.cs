using System.Runtime.CompilerServices;
using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class ReceivedUpdatesTests
{
    private static readonly Gen<AIContent> Content = Gen.OneOf<AIContent>(
        OneOf("", "word", " two words", "ü€", "\n").Select(text => (AIContent)new TextContent(text)),
        Gen.Const("thought").Select(text => (AIContent)new TextReasoningContent(text)),
        Gen.Const("f").Select(name => (AIContent)new FunctionCallContent("1", name, new Dictionary<string, object?> { ["a"] = 1 })),
        Gen.Const(3L).Select(count => (AIContent)new UsageContent(new UsageDetails { OutputTokenCount = count })),
        Gen.Const("cited").Select(text => (AIContent)new TextContent(text) { Annotations = [new CitationAnnotation { Title = "t" }] }));

    private static readonly Gen<ChatResponseUpdate> Update = Gen.Select(
        Gen.Frequency((6, OneOf("", "word", " two").Select(text => new List<AIContent> { new TextContent(text) })), (1, Content.List[0, 3])),
        Gen.Frequency((8, Gen.Const<string?>("m1")), (1, OneOf<string?>(null, "m2"))),
        Gen.Frequency((8, Gen.Const(0)), (1, Gen.Int[0, 6])),
        Gen.Int[0, 5]).Select((contents, message, odd, second) => new ChatResponseUpdate
        {
            Contents = contents,
            MessageId = message,
            Role = odd == 1 ? ChatRole.Tool : odd == 2 ? null : ChatRole.Assistant,
            AuthorName = odd == 3 ? "author" : null,
            ResponseId = odd == 4 ? "r2" : "r1",
            ModelId = odd == 5 ? "other" : "model",
            FinishReason = odd == 6 ? ChatFinishReason.Stop : null,
            AdditionalProperties = odd == 2 ? new() { ["key"] = "value" } : null,
            CreatedAt = DateTimeOffset.UnixEpoch.AddSeconds(second),
        });

    [Fact]
    public void TheAnswerIsThatOfTheUpdates() => Update.List[0, 12].Sample(updates =>
    {
        foreach (bool inOneStep in (bool[])[false, true])
        {
            var received = new ReceivedUpdates();
            updates.ForEach(update => Add(received, update, inOneStep));
            var expected = updates.ToChatResponse();
            long bytes = updates.Sum(update => OutputMeter.Bytes(update.Contents));

            Assert.Equal(Written(expected), Written(received.ToResponse()));
            Assert.Equal((updates.Count, bytes), (received.Count, received.Bytes()));
            received.Clear();
            Assert.Equal(0, received.Count);
        }
    });

    [Fact]
    public void AnUpdateThatContinuesATextIsAddedInOneStep()
    {
        var received = new ReceivedUpdates();
        received.Add(new ChatResponseUpdate(ChatRole.Assistant, "first") { MessageId = "1", ModelId = "m" });

        Assert.True(received.TryAddText(new ChatResponseUpdate(ChatRole.Assistant, " second") { MessageId = "1", ModelId = "m" }, out string? text));
        Assert.Equal(" second", text);
        Assert.False(received.TryAddText(new ChatResponseUpdate(ChatRole.Assistant, " third") { MessageId = "2", ModelId = "m" }, out _));
        Assert.False(received.TryAddText(new ChatResponseUpdate(ChatRole.Assistant, " third") { MessageId = "1", FinishReason = ChatFinishReason.Stop }, out _));
        Assert.False(received.TryAddText(new ChatResponseUpdate(ChatRole.Assistant, [new TextContent("a"), new TextContent("b")]) { MessageId = "1" }, out _));
        Assert.Equal((2, "first second"), (received.Count, received.ToResponse().Text));
    }

    /// <summary>Adds an update as a stream does, or in the way that takes every update.</summary>
    private static void Add(ReceivedUpdates received, ChatResponseUpdate update, bool inOneStep)
    {
        if (!inOneStep || !received.TryAddText(update, out _))
        {
            received.Add(update);
        }
    }

    [Fact]
    public void UpdatesOfTextAreNotKept()
    {
        var received = new ReceivedUpdates();
        received.Add(new ChatResponseUpdate(ChatRole.Assistant, "first") { MessageId = "1" });
        WeakReference second = AddOne(received);
        GC.Collect();
        Assert.False(second.IsAlive);
        Assert.Equal("first second", received.ToResponse().Text);
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference AddOne(ReceivedUpdates received)
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, " second") { MessageId = "1" };
        received.Add(update);
        return new WeakReference(update);
    }

    private static string Written(ChatResponse response) => JsonSerializer.Serialize(response, AIJsonUtilities.DefaultOptions);
}
