using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A bare prompt: its text and nothing else.</summary>
/// <param name="exact">Whether the counter is the model's own.</param>
internal sealed class TextCompletionRules(bool exact) : RequestRules
{
    public override bool HasExactTextFraming => exact;

    public override void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        tally.AddText(options?.Instructions);
        for (int index = 0; index < messages.Count; index++)
        {
            IList<AIContent> contents = messages[index].Contents;
            for (int part = 0; part < contents.Count; part++)
            {
                if (contents[part] is TextContent text)
                {
                    tally.AddText(text.Text);
                }
                else
                {
                    tally.Flags |= TokenEstimateFlags.UnknownContent;
                }
            }
        }

        tally.AddMargin(8);
    }
}
