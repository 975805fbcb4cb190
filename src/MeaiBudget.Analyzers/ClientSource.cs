using System;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>The expressions that make a client of a provider.</summary>
internal static class ClientSource
{
    // What the methods of Semantic Kernel's connectors add, by the end of their names.
    private static readonly string[] KernelServices =
        ["ChatCompletion", "ChatClient", "TextGeneration", "EmbeddingGenerator", "TextEmbeddingGeneration", "TextToImage", "TextToAudio", "AudioToText", "Inference"];

    /// <summary>The name of the provider whose client an expression makes; null if it makes none.</summary>
    public static string? ProviderOf(IOperation operation, KnownTypes types) => operation switch
    {
        IInvocationOperation call when ClientTrace.IsFactory(call.TargetMethod) => call.TargetMethod.ContainingType.Name.Replace("ChatClientFactory", ""),
        IInvocationOperation call when ClientTrace.IsAdapter(call.TargetMethod) =>
            ProviderOf(call.TargetMethod.ContainingAssembly),

        // The SDK's own client is reported only if it is asked without the adapter.
        IInvocationOperation { Instance.Type: { } sdk } call when IsOfOpenAI(sdk) && IsPaidClient(call.Type) => "OpenAI",
        IObjectCreationOperation { Type: { } type } when IsPaidClient(type) => "OpenAI",
        IObjectCreationOperation { Type: { } type } when KnownTypes.Is(type, types.AnthropicClient) && !IsSeen(type) => "Anthropic",
        IObjectCreationOperation { Type: { } type } when KnownTypes.Is(type, types.OllamaClient) => "Ollama",
        IObjectCreationOperation { Type: { } type } when IsOfKernel(type) => "Semantic Kernel",
        IObjectCreationOperation { Type: { } type } created when types.IsClient(type) && IsForeign(type) && !created.Arguments.Any(argument => types.IsClient(argument.Parameter?.Type)) => type.Name,
        _ => null,
    };

    /// <summary>The provider of an adapter, by the library that has it.</summary>
    private static string ProviderOf(IAssemblySymbol library) =>
        library.Name.StartsWith("Microsoft.Extensions.AI.", StringComparison.Ordinal) ? library.Name.Substring("Microsoft.Extensions.AI.".Length) : library.Name;

    /// <summary>The name of the provider whose client a call registers without making it in this code; null if it registers none.</summary>
    public static string? RegisteredBy(IInvocationOperation call, KnownTypes types)
    {
        IMethodSymbol method = call.TargetMethod;
        if (method.Name.StartsWith("Add", StringComparison.Ordinal) && method.ContainingAssembly?.Name.StartsWith("Microsoft.SemanticKernel.Connectors", StringComparison.Ordinal) == true)
        {
            return KernelServices.Any(method.Name.EndsWith) ? "Semantic Kernel" : null;
        }

        // AddSingleton<IChatClient, OllamaApiClient>() and the like; with an instance or a lambda, what it is made of is followed.
        bool isByType = IsRegistration(method) && call.Arguments.All(argument => TypeScope.Strip(argument.Value).Type?.TypeKind != TypeKind.Delegate && !types.IsClient(argument.Parameter?.Type));
        return isByType && method.TypeArguments.LastOrDefault() is INamedTypeSymbol { TypeKind: TypeKind.Class } made && types.IsClient(made) && IsForeign(made)
            && !made.InstanceConstructors.Any(constructor => constructor.Parameters.Any(parameter => types.IsClient(parameter.Type)))
                ? made.Name
                : null;
    }

    /// <summary>True for a method that registers a service.</summary>
    public static bool IsRegistration(IMethodSymbol method) =>
        KnownTypes.NamespaceOf(method).StartsWith("Microsoft.Extensions.DependencyInjection", StringComparison.Ordinal)
        && (method.Name.StartsWith("Add", StringComparison.Ordinal) || method.Name.StartsWith("TryAdd", StringComparison.Ordinal) || method.ContainingType.Name == "ServiceDescriptor");

    /// <summary>True for a client of OpenAI's SDK whose calls are paid.</summary>
    public static bool IsPaidClient(ITypeSymbol? type) =>
        type is { Name: "ChatClient" or "ResponsesClient" or "OpenAIResponseClient" or "EmbeddingClient" or "ImageClient" or "AudioClient" } && IsOfOpenAI(type);

    /// <summary>True for a service of Semantic Kernel that a model answers, or the interface of one.</summary>
    public static bool IsKernelService(ITypeSymbol? type) =>
        type is not null && type.Name.EndsWith("Service", StringComparison.Ordinal) && KnownTypes.IsWithin(KnownTypes.NamespaceOf(type), "Microsoft.SemanticKernel");

    private static bool IsOfKernel(ITypeSymbol? type) => type is { TypeKind: TypeKind.Class }
        && type.Name.EndsWith("Service", StringComparison.Ordinal)
        && type.ContainingAssembly?.Name.StartsWith("Microsoft.SemanticKernel.Connectors", StringComparison.Ordinal) == true;

    /// <summary>True for a type of the code that is analyzed.</summary>
    public static bool IsSeen(ITypeSymbol? type) => type is not null && type.Locations.Any(static location => location.IsInSource);

    /// <summary>True for a type of this library.</summary>
    public static bool IsOfLibrary(ITypeSymbol type) => type.Name == "MeaiBudgetBuilderExtensions" || KnownTypes.IsWithin(KnownTypes.NamespaceOf(type), "MeaiBudget");

    /// <summary>True for a type of the code that is analyzed that adds a budget to something, which may be a client that it gets.</summary>
    public static bool MayAddBudget(ITypeSymbol type) => IsSeen(type)
        && type.DeclaringSyntaxReferences.Any(static reference => reference.GetSyntax().DescendantTokens().Any(static token => token.ValueText == "UseBudget"));

    private static bool IsOfOpenAI(ITypeSymbol type) => KnownTypes.NamespaceOf(type) is { } space && (KnownTypes.IsWithin(space, "OpenAI") || KnownTypes.IsWithin(space, "Azure.AI.OpenAI"));

    /// <summary>True for a type of another library than this one and Microsoft.Extensions.AI, whose own clients wrap others.</summary>
    private static bool IsForeign(ITypeSymbol type) => !IsSeen(type) && !IsOfLibrary(type) && !KnownTypes.IsWithin(KnownTypes.NamespaceOf(type), "Microsoft.Extensions.AI");
}
