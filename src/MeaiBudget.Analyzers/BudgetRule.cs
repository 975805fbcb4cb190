using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>Follows each client that code makes to where it is used, and reports those that are used or registered without a budget.</summary>
internal sealed class BudgetRule(TypeScope scope, PipelineReader pipelines, SpendingRules spending)
{
    private const string Used = "used";
    private const string Registered = "registered";

    public void Check(Func<SyntaxTree, bool> isRequired, Action<Diagnostic> report)
    {
        foreach (IOperation operation in scope.Operations)
        {
            if (ProviderOf(operation) is { } provider && isRequired(operation.Syntax.SyntaxTree)
                && Follow(operation, new HashSet<ISymbol>(SymbolEqualityComparer.Default), depth: 0) is { } use)
            {
                Location location = operation is IInvocationOperation call ? OrderRules.LocationOf(call) : operation.Syntax.GetLocation();
                report(Diagnostic.Create(Rules.ClientWithoutBudget, location, [use.Place.Syntax.GetLocation()], provider, use.How));
            }
        }
    }

    /// <summary>The name of the provider whose client an expression makes; null if it makes none.</summary>
    private string? ProviderOf(IOperation operation) => operation switch
    {
        IInvocationOperation call when ClientTrace.IsFactory(call.TargetMethod) => call.TargetMethod.ContainingType.Name.Replace("ChatClientFactory", ""),
        IInvocationOperation call when ClientTrace.IsAdapter(call.TargetMethod) && call.TargetMethod.Name == "AsIChatClient" =>
            call.TargetMethod.ContainingType.Name.StartsWith("Anthropic", StringComparison.Ordinal) ? "Anthropic" : "OpenAI",

        // The SDK's own client for chats is reported only if it is asked without the adapter.
        IInvocationOperation { TargetMethod.Name: "GetChatClient" or "GetResponsesClient" or "GetOpenAIResponseClient", Instance.Type: { } type } when KnownTypes.NamespaceOf(type).Contains("OpenAI") => "OpenAI",
        IObjectCreationOperation { Type: { Name: "ChatClient" or "ResponsesClient" } type } when KnownTypes.NamespaceOf(type).StartsWith("OpenAI.", StringComparison.Ordinal) => "OpenAI",
        IObjectCreationOperation { Type: { } type } when KnownTypes.Is(type, scope.Types.OllamaClient) => "Ollama",
        _ => null,
    };

    /// <summary>Finds a use without a budget of the value of an expression; null if there is none that is seen.</summary>
    private Use? Follow(IOperation value, HashSet<ISymbol> seen, int depth)
    {
        if (depth > 32)
        {
            return null;
        }

        switch (value.Parent)
        {
            case IConversionOperation or IParenthesizedOperation or ICoalesceOperation or IAwaitOperation or IArrayInitializerOperation or IArrayCreationOperation or ICollectionExpressionOperation:
                return Follow(value.Parent, seen, depth + 1);
            case ISwitchExpressionArmOperation { Parent: ISwitchExpressionOperation switched } arm when ReferenceEquals(arm.Value, value):
                return Follow(switched, seen, depth + 1);
            case IConditionalOperation conditional when !ReferenceEquals(conditional.Condition, value):
                return Follow(conditional, seen, depth + 1);
            case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator }:
                return FollowAll(declarator.Symbol, seen, depth);
            case IFieldInitializerOperation initializer:
                return initializer.InitializedFields.Select(field => FollowAll(field, seen, depth)).FirstOrDefault(static use => use is not null);
            case IPropertyInitializerOperation initializer:
                return initializer.InitializedProperties.Select(property => FollowAll(property, seen, depth)).FirstOrDefault(static use => use is not null);
            case IAssignmentOperation assignment when ReferenceEquals(assignment.Value, value):
                return (TypeScope.VariableOf(assignment.Target) is { } variable ? FollowAll(variable, seen, depth) : null) ?? Follow(assignment, seen, depth + 1);
            case IArgumentOperation argument:
                return FollowArgument(argument, value, seen, depth);
            case IInvocationOperation call when ReferenceEquals(call.Instance, value):
                return FollowMember(call, seen, depth);
            case IConditionalAccessOperation access when ReferenceEquals(access.Operation, value) && access.WhenNotNull is IInvocationOperation call:
                return FollowMember(call, seen, depth);
            case IReturnOperation returned:
                return FollowReturn(returned, seen, depth);
            default:
                return null;
        }
    }

    private Use? FollowAll(ISymbol variable, HashSet<ISymbol> seen, int depth) => seen.Add(variable)
        ? scope.ReferencesOf(variable).Select(reference => Follow(reference, seen, depth + 1)).FirstOrDefault(static use => use is not null)
        : null;

    private Use? FollowMember(IInvocationOperation call, HashSet<ISymbol> seen, int depth) => call.TargetMethod.Name switch
    {
        "GetResponseAsync" or "GetStreamingResponseAsync" => new Use(call, Used),
        { } name when name.StartsWith("CompleteChat", StringComparison.Ordinal) || name.StartsWith("CreateResponse", StringComparison.Ordinal) => new Use(call, Used),
        { } name when IsOfOllama(call) && (name is "ChatAsync" or "GenerateAsync") => new Use(call, Used),
        "GetService" => null,
        _ when scope.Types.IsChatClient(call.Type) => Follow(call, seen, depth + 1),
        _ => null,
    };

    private bool IsOfOllama(IInvocationOperation call) => KnownTypes.Is(call.Instance?.Type, scope.Types.OllamaClient);

    private Use? FollowArgument(IArgumentOperation argument, IOperation value, HashSet<ISymbol> seen, int depth)
    {
        switch (argument.Parent)
        {
            case IObjectCreationOperation created when scope.Types.IsBuilder(created.Type):
                return UseOf(created, Used);
            case IObjectCreationOperation created:
                // Types of other libraries, such as an agent, call the client; types of this code may add a budget.
                return created.Type is not { } type || IsSeen(type) || IsOfLibrary(type) || !IsClient(value) && !IsSdkClient(value) ? null : new Use(created, Used);
            case IInvocationOperation call:
                return FollowCall(call, value, seen, depth);
            default:
                return null;
        }
    }

    private Use? FollowCall(IInvocationOperation call, IOperation value, HashSet<ISymbol> seen, int depth)
    {
        IMethodSymbol method = call.TargetMethod;
        string space = KnownTypes.NamespaceOf(method);
        if (ClientTrace.IsWrapper(method) || ClientTrace.IsAdapter(method))
        {
            // An adapter is a client of its own, which is followed by itself.
            return ClientTrace.IsAdapter(method) ? null : Follow(call, seen, depth + 1);
        }

        if (scope.Types.IsBuilder(call.Type) && method.Name is "AsBuilder" or "AddChatClient" or "AddKeyedChatClient")
        {
            return UseOf(call, method.Name == "AsBuilder" ? Used : Registered);
        }

        if (spending.ClientOf(call) is { } asked && ReferenceEquals(asked, value))
        {
            return new Use(call, Used);
        }

        if (space.StartsWith("Microsoft.Extensions.DependencyInjection", StringComparison.Ordinal))
        {
            return !IsClient(value) && value is not IAnonymousFunctionOperation ? null : method.Name.Contains("Singleton") || method.Name.Contains("Scoped") || method.Name.Contains("Transient") || method.Name.Contains("ChatClient")
                ? new Use(call, Registered)
                : null;
        }

        bool isOfLibrary = method.ContainingType is { } owner && IsOfLibrary(owner);
        bool isNeutral = method.Name is "GetService" or "GetRequiredService" or "ThrowIfNull" or "Dispose" or "NotNull" or "Same" or "IsType";
        return isOfLibrary || isNeutral || IsSeen(method.ContainingType) || !IsClient(value) && !IsSdkClient(value) ? null : new Use(call, Used);
    }

    /// <summary>A lambda that makes a client counts as the client where it is registered; a method's callers get the client.</summary>
    private Use? FollowReturn(IReturnOperation returned, HashSet<ISymbol> seen, int depth)
    {
        switch (TypeScope.FunctionOf(returned))
        {
            case IAnonymousFunctionOperation lambda:
                IOperation top = lambda;
                while (top.Parent is IConversionOperation or IDelegateCreationOperation or IParenthesizedOperation)
                {
                    top = top.Parent;
                }

                return top.Parent is IArgumentOperation { Parent: IInvocationOperation call } && IsRegistration(call)
                    ? scope.Types.IsBuilder(call.Type) ? UseOf(call, Registered) : new Use(call, Registered)
                    : null;
            case ILocalFunctionOperation function:
                return FollowCalls(function.Symbol, seen, depth);
            default:
                IOperation root = returned;
                while (root.Parent is not null)
                {
                    root = root.Parent;
                }

                return root.SemanticModel?.GetEnclosingSymbol(returned.Syntax.SpanStart) is IMethodSymbol method
                    ? method.AssociatedSymbol is { } property ? FollowAll(property, seen, depth) : FollowCalls(method, seen, depth)
                    : null;
        }
    }

    private Use? FollowCalls(IMethodSymbol method, HashSet<ISymbol> seen, int depth) => seen.Add(method)
        ? scope.CallsOf(method).Select(call => Follow(call, seen, depth + 1)).FirstOrDefault(static use => use is not null)
        : null;

    private static bool IsRegistration(IInvocationOperation call) =>
        KnownTypes.NamespaceOf(call.TargetMethod).StartsWith("Microsoft.Extensions.DependencyInjection", StringComparison.Ordinal)
        && call.TargetMethod.Name.StartsWith("Add", StringComparison.Ordinal) | call.TargetMethod.Name.StartsWith("TryAdd", StringComparison.Ordinal);

    /// <summary>A use in a pipeline that has no budget, where all of the pipeline is seen.</summary>
    private Use? UseOf(IOperation builder, string how) => pipelines.Of(builder) is { MayHaveBudget: false } ? new Use(builder, how) : null;

    private bool IsClient(IOperation value) => scope.Types.IsChatClient(TypeScope.Strip(value).Type) || scope.Types.IsChatClient(value.Type);

    /// <summary>True for the SDK's own client for chats, which an extension of another library can make an agent of.</summary>
    private static bool IsSdkClient(IOperation value) => TypeScope.Strip(value).Type is { Name: "ChatClient" or "ResponsesClient" } type && KnownTypes.NamespaceOf(type).StartsWith("OpenAI", StringComparison.Ordinal);

    private static bool IsOfLibrary(ITypeSymbol type) =>
        type.Name == "MeaiBudgetBuilderExtensions" || KnownTypes.NamespaceOf(type) is { } space && (space == "MeaiBudget" || space.StartsWith("MeaiBudget.", StringComparison.Ordinal));

    private static bool IsSeen(ITypeSymbol? type) => type is not null && type.Locations.Any(static location => location.IsInSource);

    private sealed class Use(IOperation place, string how)
    {
        public IOperation Place { get; } = place;

        public string How { get; } = how;
    }
}
