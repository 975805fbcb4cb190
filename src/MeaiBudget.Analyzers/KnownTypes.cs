using System;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace MeaiBudget.Analyzers;

/// <summary>The types that the rules look for, as one compilation has them.</summary>
internal sealed class KnownTypes
{
    // What a paid model is called through, and the builder of its pipelines.
    private static readonly ImmutableArray<string> ClientNames = ["IChatClient", "IEmbeddingGenerator", "IImageGenerator", "ISpeechToTextClient", "ITextToSpeechClient"];
    private static readonly ImmutableArray<string> BuilderNames =
        ["ChatClientBuilder", "EmbeddingGeneratorBuilder`2", "ImageGeneratorBuilder", "SpeechToTextClientBuilder", "TextToSpeechClientBuilder"];

    private readonly ImmutableArray<INamedTypeSymbol> _clients;
    private readonly ImmutableArray<INamedTypeSymbol> _builders;

    /// <summary>Finds the types; a compilation without the library or an SDK lacks some.</summary>
    public KnownTypes(Compilation compilation)
    {
        HasLibrary = compilation.GetTypeByMetadataName("MeaiBudget.CostTracker") is not null;
        ChatClient = compilation.GetTypeByMetadataName("Microsoft.Extensions.AI.IChatClient");
        ChatOptions = compilation.GetTypeByMetadataName("Microsoft.Extensions.AI.ChatOptions");
        _clients = All(compilation, ClientNames);
        _builders = All(compilation, BuilderNames);
        RoutingChatClient = compilation.GetTypeByMetadataName("Microsoft.Extensions.AI.RoutingChatClient");
        PipelineOptions = compilation.GetTypeByMetadataName("System.ClientModel.Primitives.ClientPipelineOptions");
        RetryPolicy = compilation.GetTypeByMetadataName("System.ClientModel.Primitives.ClientRetryPolicy");
        AnthropicClient = compilation.GetTypeByMetadataName("Anthropic.IAnthropicClient");
        AnthropicOptions = compilation.GetTypeByMetadataName("Anthropic.Core.ClientOptions");
        OllamaClient = compilation.GetTypeByMetadataName("OllamaSharp.OllamaApiClient");
    }

    /// <summary>True if the code uses the library. A policy holds for code without it, too.</summary>
    public bool HasLibrary { get; }

    public INamedTypeSymbol? ChatClient { get; }

    public INamedTypeSymbol? ChatOptions { get; }

    public INamedTypeSymbol? RoutingChatClient { get; }

    /// <summary>The base of the options of OpenAI's SDKs.</summary>
    public INamedTypeSymbol? PipelineOptions { get; }

    public INamedTypeSymbol? RetryPolicy { get; }

    public INamedTypeSymbol? AnthropicClient { get; }

    public INamedTypeSymbol? AnthropicOptions { get; }

    public INamedTypeSymbol? OllamaClient { get; }

    /// <summary>True for the builder of a pipeline.</summary>
    public bool IsBuilder(ITypeSymbol? type) => type is not null && _builders.Any(builder => Same(type.OriginalDefinition, builder));

    /// <summary>True for a client or generator of Microsoft.Extensions.AI, whose calls are paid.</summary>
    public bool IsClient(ITypeSymbol? type) => _clients.Any(client => Is(type, client));

    public bool IsChatClient(ITypeSymbol? type) => Is(type, ChatClient);

    /// <summary>True if a type is another one, derives from it or implements it.</summary>
    public static bool Is(ITypeSymbol? type, INamedTypeSymbol? other)
    {
        if (type is null || other is null)
        {
            return false;
        }

        if (type is ITypeParameterSymbol parameter)
        {
            return parameter.ConstraintTypes.Any(constraint => Is(constraint, other));
        }

        for (ITypeSymbol? current = type; current is not null; current = current.BaseType)
        {
            if (Same(current, other))
            {
                return true;
            }
        }

        foreach (INamedTypeSymbol one in type.AllInterfaces)
        {
            if (Same(one, other))
            {
                return true;
            }
        }

        return false;
    }

    public static bool Same(ISymbol? first, ISymbol? second) => SymbolEqualityComparer.Default.Equals(first, second);

    /// <summary>The full name of the namespace of a symbol.</summary>
    public static string NamespaceOf(ISymbol symbol) => symbol.ContainingNamespace?.ToDisplayString() ?? "";

    /// <summary>True if a namespace is another one or inside of it.</summary>
    public static bool IsWithin(string space, string outer) => space == outer || space.StartsWith(outer + ".", StringComparison.Ordinal);

    private static ImmutableArray<INamedTypeSymbol> All(Compilation compilation, ImmutableArray<string> names) =>
        [.. names.Select(name => compilation.GetTypeByMetadataName("Microsoft.Extensions.AI." + name)).OfType<INamedTypeSymbol>()];
}
