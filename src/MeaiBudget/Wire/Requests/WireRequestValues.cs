using System.Text;
using Microsoft.Extensions.AI;
using Field = MeaiBudget.WireRequestField;

namespace MeaiBudget;

/// <summary>What values of a request's body mean.</summary>
internal static class WireRequestValues
{
    /// <summary>Gives the tool that a field of a tool object names.</summary>
    public static WireServerTools ToolOf(Field field) => field switch
    {
        Field.SearchTool => WireServerTools.WebSearch,
        Field.FileTool => WireServerTools.FileSearch,
        Field.CodeTool => WireServerTools.CodeExecution,
        Field.FetchTool => WireServerTools.WebFetch,
        Field.MapsTool => WireServerTools.Maps,
        Field.ComputerTool => WireServerTools.Computer,
        Field.RemoteTool => WireServerTools.RemoteTools,
        _ => 0,
    };

    /// <summary>Gives the tool that a type names. Tools of the caller's own have other types, and none at Anthropic; the dated ones of shells and editors run at the caller's.</summary>
    public static WireServerTools ToolOf(ReadOnlySpan<byte> type) => type switch
    {
        _ when type.StartsWith("web_search"u8) || type.SequenceEqual("x_search"u8) => WireServerTools.WebSearch,
        _ when type.StartsWith("web_fetch"u8) => WireServerTools.WebFetch,
        _ when type.StartsWith("file_search"u8) || type.SequenceEqual("document_library"u8) || type.SequenceEqual("collections_search"u8) => WireServerTools.FileSearch,
        _ when type.StartsWith("code_interpreter"u8) || type.StartsWith("code_execution"u8) => WireServerTools.CodeExecution,
        _ when type.StartsWith("image_generation"u8) => WireServerTools.ImageGeneration,
        _ when type.StartsWith("computer"u8) || type.StartsWith("browser"u8) => WireServerTools.Computer,
        _ when type.SequenceEqual("mcp"u8) || type.SequenceEqual("mcp_toolset"u8) => WireServerTools.RemoteTools,
        _ when type.SequenceEqual("function"u8) || type.SequenceEqual("custom"u8) || type.IsEmpty || type.SequenceEqual("local_shell"u8) || type.SequenceEqual("shell"u8)
            || type.SequenceEqual("apply_patch"u8) || type.SequenceEqual("tool_search"u8) || type.StartsWith("tool_search_tool"u8) || type.SequenceEqual("namespace"u8)
            || type.StartsWith("bash_"u8) || type.StartsWith("text_editor_"u8) || type.StartsWith("memory_"u8) => WireServerTools.None,
        _ => WireServerTools.Unknown,
    };

    /// <summary>Gives the tool that one of OpenRouter's plugins is. Those that repair or route an answer have no fee.</summary>
    public static WireServerTools ToolOfPlugin(ReadOnlySpan<byte> id) => id switch
    {
        _ when id.SequenceEqual("web"u8) => WireServerTools.WebSearch,
        _ when id.SequenceEqual("response-healing"u8) || id.SequenceEqual("moderation"u8) || id.SequenceEqual("auto-router"u8) || id.SequenceEqual("context-compression"u8) => WireServerTools.None,
        _ => WireServerTools.Unknown,
    };

    /// <summary>Says whether a word in the place of a switch turns it off.</summary>
    public static bool IsOff(ReadOnlySpan<byte> word) =>
        word.IsEmpty || word.SequenceEqual("0"u8) || Ascii.EqualsIgnoreCase(word, "false"u8) || Ascii.EqualsIgnoreCase(word, "off"u8) || Ascii.EqualsIgnoreCase(word, "none"u8);

    /// <summary>The dearer a tier may be, the higher: a discounted one, the standard one, any other.</summary>
    public static int Rank(string tier) => ServiceTiers.Canonical(tier) switch
    {
        ServiceTiers.Flex or ServiceTiers.Batch => 0,
        null => 1,
        _ => 2,
    };

    /// <summary>Gives the effort that a word stands for; <see langword="null"/> for one that says nothing about thinking. To think without a degree is a high effort.</summary>
    public static ReasoningEffort? EffortOf(ReadOnlySpan<byte> word) => word.Length is 0 or > 32 ? null : Encoding.UTF8.GetString(word).ToLowerInvariant() switch
    {
        "none" or "disabled" or "disable" or "off" or "false" => ReasoningEffort.None,
        "minimal" or "low" => ReasoningEffort.Low,
        "medium" => ReasoningEffort.Medium,
        "high" or "enabled" or "enable" or "on" or "true" or "auto" or "adaptive" or "default" or "dynamic" or "reasoning" => ReasoningEffort.High,
        "xhigh" or "max" or "extra_high" or "extrahigh" => ReasoningEffort.ExtraHigh,
        _ => null,
    };

    /// <summary><c>5m</c>, <c>1h</c>, <c>24h</c>, <c>300s</c>; what is none of these is no lifetime.</summary>
    public static TimeSpan? LifetimeOf(ReadOnlySpan<byte> text) =>
        text.Length > 1 && JsonNumber.TryReadCount(text[..^1], out long count, out _) && count is >= 0 and < 100_000
            ? text[^1] switch
            {
                (byte)'s' => TimeSpan.FromSeconds(count),
                (byte)'m' => TimeSpan.FromMinutes(count),
                (byte)'h' => TimeSpan.FromHours(count),
                (byte)'d' => TimeSpan.FromDays(count),
                _ => null,
            }
            : null;
}
