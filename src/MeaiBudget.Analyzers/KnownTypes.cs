using Microsoft.CodeAnalysis;

namespace MeaiBudget.Analyzers;

/// <summary>The types that the rules look for, as one compilation has them.</summary>
internal sealed class KnownTypes
{
    private KnownTypes(Compilation compilation, INamedTypeSymbol chatClient, INamedTypeSymbol chatClientBuilder, INamedTypeSymbol chatOptions)
    {
        ChatClient = chatClient;
        ChatClientBuilder = chatClientBuilder;
        ChatOptions = chatOptions;
        EmbeddingGeneratorBuilder = compilation.GetTypeByMetadataName("Microsoft.Extensions.AI.EmbeddingGeneratorBuilder`2");
        RoutingChatClient = compilation.GetTypeByMetadataName("Microsoft.Extensions.AI.RoutingChatClient");
        PipelineOptions = compilation.GetTypeByMetadataName("System.ClientModel.Primitives.ClientPipelineOptions");
        RetryPolicy = compilation.GetTypeByMetadataName("System.ClientModel.Primitives.ClientRetryPolicy");
        AnthropicClient = compilation.GetTypeByMetadataName("Anthropic.IAnthropicClient");
        AnthropicOptions = compilation.GetTypeByMetadataName("Anthropic.Core.ClientOptions");
        OllamaClient = compilation.GetTypeByMetadataName("OllamaSharp.OllamaApiClient");
    }

    public INamedTypeSymbol ChatClient { get; }

    public INamedTypeSymbol ChatClientBuilder { get; }

    public INamedTypeSymbol ChatOptions { get; }

    public INamedTypeSymbol? EmbeddingGeneratorBuilder { get; }

    public INamedTypeSymbol? RoutingChatClient { get; }

    /// <summary>The base of the options of OpenAI's SDKs.</summary>
    public INamedTypeSymbol? PipelineOptions { get; }

    public INamedTypeSymbol? RetryPolicy { get; }

    public INamedTypeSymbol? AnthropicClient { get; }

    public INamedTypeSymbol? AnthropicOptions { get; }

    public INamedTypeSymbol? OllamaClient { get; }

    /// <summary>Finds the types; null if the compilation does not use the library, so that there is nothing to analyze.</summary>
    public static KnownTypes? Of(Compilation compilation) =>
        compilation.GetTypeByMetadataName("MeaiBudget.CostTracker") is not null
        && compilation.GetTypeByMetadataName("Microsoft.Extensions.AI.IChatClient") is { } client
        && compilation.GetTypeByMetadataName("Microsoft.Extensions.AI.ChatClientBuilder") is { } builder
        && compilation.GetTypeByMetadataName("Microsoft.Extensions.AI.ChatOptions") is { } options
            ? new KnownTypes(compilation, client, builder, options)
            : null;

    /// <summary>True for the builder of a pipeline.</summary>
    public bool IsBuilder(ITypeSymbol? type) =>
        type is not null && (Same(type, ChatClientBuilder) || (EmbeddingGeneratorBuilder is not null && Same(type.OriginalDefinition, EmbeddingGeneratorBuilder)));

    public bool IsChatClient(ITypeSymbol? type) => Is(type, ChatClient);

    /// <summary>True if a type is another one, derives from it or implements it.</summary>
    public static bool Is(ITypeSymbol? type, INamedTypeSymbol? other)
    {
        if (type is null || other is null)
        {
            return false;
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
}
