using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts a plain prompt.</summary>
/// <param name="exact">True for OpenAI's models, whose prompts have no tokens but their own.</param>
/// <remarks>Servers of open models read the special tokens of a template in a raw prompt as one token each, and add a start token.</remarks>
internal sealed partial class TextCompletionRules(bool exact) : RequestRules
{
    public override bool HasExactTextFraming => exact;

    public override void Tally(RequestTally tally, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        TallyPrompt(tally, options?.Instructions);
        for (int index = 0; index < messages.Count; index++)
        {
            IList<AIContent> contents = messages[index].Contents;
            for (int part = 0; part < contents.Count; part++)
            {
                if (contents[part] is TextContent text)
                {
                    TallyPrompt(tally, text.Text);
                }
                else
                {
                    tally.Flags |= TokenEstimateFlags.UnknownContent;
                }
            }
        }

        tally.AddFraming(exact ? 0 : 1);
        tally.AddMargin(exact ? 0 : 8);
    }

    private void TallyPrompt(RequestTally tally, string? prompt)
    {
        if (!exact && prompt is not null && prompt.Contains("<|", StringComparison.Ordinal))
        {
            int special = 0;
            prompt = SpecialToken().Replace(prompt, _ =>
            {
                special++;
                return string.Empty;
            });
            tally.AddFraming(special);
        }

        tally.AddText(prompt);
    }

    [GeneratedRegex(@"<\|[A-Za-z0-9_]{1,40}\|>", RegexOptions.CultureInvariant)]
    private static partial Regex SpecialToken();
}
