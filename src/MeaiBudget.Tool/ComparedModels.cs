namespace MeaiBudget.Tool;

/// <summary>The models that <c>count</c> and <c>quote</c> compare by default: one or two of each large provider.</summary>
internal static class ComparedModels
{
    public static IReadOnlyList<string> Default { get; } =
        ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-5", "gpt-5-mini", "claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-7", "gemini-2.5-flash", "gemini-2.5-pro"];
}
