using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Names the tokens of a generator if its usage does not: audio and image tokens have separate prices, and an embedding has no output.</summary>
/// <param name="inner">Normalizes the usage; <see langword="null"/> for the default.</param>
/// <param name="name">Marks the tokens.</param>
internal sealed class MediaUsageNormalizer(IUsageNormalizer? inner, Func<BillableUsage, BillableUsage> name) : IUsageNormalizer
{
    public BillableUsage Normalize(UsageDetails usage, object? rawRepresentation) =>
        name((inner ?? UsageNormalizer.Default).Normalize(usage, rawRepresentation));

    public static IUsageNormalizer PicturesOut(Func<Type, object?, object?> services) =>
        new MediaUsageNormalizer(InnerOf(services), usage => usage.OutputImageTokens > 0 ? usage : usage with { OutputImageTokens = usage.OutputTokens });

    public static IUsageNormalizer SoundIn(Func<Type, object?, object?> services) =>
        new MediaUsageNormalizer(InnerOf(services), usage => usage.InputAudioTokens > 0 ? usage : usage with { InputAudioTokens = usage.InputTokens });

    public static IUsageNormalizer SoundOut(Func<Type, object?, object?> services) =>
        new MediaUsageNormalizer(InnerOf(services), usage => usage.OutputAudioTokens > 0 ? usage : usage with { OutputAudioTokens = usage.OutputTokens });

    public static IUsageNormalizer TextIn(Func<Type, object?, object?> services) =>
        new MediaUsageNormalizer(InnerOf(services), usage => usage.OutputTokens == 0 ? usage : usage with { InputTokens = SaturatingMath.Add(usage.InputTokens, usage.OutputTokens), OutputTokens = 0 });

    private static IUsageNormalizer? InnerOf(Func<Type, object?, object?> services) => services(typeof(IUsageNormalizer), null) as IUsageNormalizer;
}
